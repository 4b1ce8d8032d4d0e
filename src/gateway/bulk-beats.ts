/** `POST /v1/heartbeats`: many beats in one request, one JSON object a line, from a relay that speaks for many agents. */
import type { FastifyInstance } from 'fastify';
import { DroverError, type ErrorBody } from '../contract/errors';
import { describeProblem, readJson } from '../contract/json';
import type { BeatAnswer } from '../contract/protocol';
import { addressedHeartbeatSchema } from '../contract/schemas/agents';
import type { BeatLedger } from './beats';
import type { Guard } from './guard';
import { invalidBody } from './problem';

const NDJSON = 'application/x-ndjson';

/** What one line became: the answer to that beat, or why there is none. In the order of the request. */
type LineAnswer = { readonly fleet: string; readonly agent: string } & (BeatAnswer | { readonly error: ErrorBody });

/** Adds the route. The request as a whole succeeds: each line has its own answer. */
export function addBulkBeats(app: FastifyInstance, guard: Guard, beats: BeatLedger): void {
  app.addContentTypeParser(
    [NDJSON, 'application/ndjson', 'text/plain'],
    { parseAs: 'string' },
    (_request, body, done) => done(null, body),
  );
  app.route({
    method: 'POST',
    url: '/v1/heartbeats',
    onRequest: guard('operator'),
    handler: async (request, reply) => {
      const lines = linesOf(request.body);
      const answers = await Promise.all(lines.map((line) => answerLine(line, beats)));
      return reply.type(NDJSON).send(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
    },
  });
}

function linesOf(body: unknown): string[] {
  if (typeof body === 'string') return body.split('\n').filter((line) => line.trim() !== '');
  // A client that knows JSON only may send one beat as such.
  return body === undefined ? [] : [JSON.stringify(body)];
}

async function answerLine(line: string, beats: BeatLedger): Promise<LineAnswer> {
  let ref = { fleet: '', agent: '' };
  try {
    const { fleet, agent, ...beat } = parse(line);
    ref = { fleet, agent };
    return { ...ref, ...(await beats.beat(ref, beat)) };
  } catch (error) {
    if (error instanceof DroverError) return { ...ref, error: error.toBody() };
    throw error;
  }
}

function jsonOf(line: string): unknown {
  const read = readJson(line);
  if ('value' in read) return read.value;
  if ('syntax' in read) throw new DroverError('InvalidRequest', `the line is not JSON: ${read.syntax}`);
  throw new DroverError('InvalidRequest', describeProblem(read.problem, 'the line'));
}

function parse(line: string) {
  const parsed = addressedHeartbeatSchema.safeParse(jsonOf(line));
  if (parsed.success) return parsed.data;
  throw invalidBody(parsed.error);
}
