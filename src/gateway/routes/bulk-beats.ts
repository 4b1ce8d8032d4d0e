/** `POST /v1/heartbeats`: many beats in one request, each with its own answer. */
import { Readable } from 'node:stream';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DroverError, type ErrorBody } from '../../contract/errors';
import { describeProblem, readJson } from '../../contract/values/json';
import type { BeatAnswer } from '../../contract/protocol';
import { addressedHeartbeatSchema } from '../../contract/schemas/agents';
import { CALLS } from '../../contract/schemas/http';
import { Slots } from '../../lib/slots';
import type { BeatLedger } from './beats';
import { withEndpoint } from './pull';
import { mustReach } from '../access/caller';
import { addCalls } from '../calls';
import type { Guard } from '../access/guard';
import { mustRead } from '../requests';

/**
 * How many beats of all such requests are at Temporal at a time. Each costs a signal and a query;
 * with more of them a connection only queues them, until they time out.
 */
const AT_A_TIME = 64;
/**
 * Lines that are handled before other requests get their turn: a few milliseconds if no workflow
 * needs a signal.
 */
const LINES_A_ROUND = 128;

/** The result of one line: the answer to the beat, or an error. In the order of the request. */
type LineAnswer = { readonly fleet: string; readonly agent: string } & (BeatAnswer | { readonly error: ErrorBody });

/** Adds what is behind an error, such as a full disk. */
type Explain = (error: unknown) => unknown;

/** Whose beats these are, and what becomes of an error. */
interface Failing {
  readonly request: FastifyRequest;
  readonly explained: Explain;
  readonly selfUrl: string | undefined;
}

/**
 * Adds the route. The request as a whole succeeds. Each line has its own answer, sent once all
 * earlier answers are known.
 */
export async function addBulkBeats(
  app: FastifyInstance,
  guard: Guard,
  beats: BeatLedger,
  explained: Explain,
  selfUrl?: string,
): Promise<void> {
  const slots = new Slots(AT_A_TIME);
  // In its own scope: no other call takes these media types.
  await app.register(async (scope) => {
    const asText = (_request: unknown, body: string | Buffer, done: (error: null, body: unknown) => void) =>
      done(null, body);
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser([...CALLS.heartbeats.consumes], { parseAs: 'string' }, asText);
    // A client that supports only JSON may send one beat as JSON.
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, asText);
    addCalls(scope, guard, {
      heartbeats: ({ body, request, reply }) => {
        const lines = typeof body === 'string' ? body.split('\n').filter((line) => line.trim() !== '') : [];
        return reply.send(Readable.from(answers(lines, beats, slots, { request, explained, selfUrl })));
      },
    });
  });
}

async function* answers(
  lines: readonly string[],
  beats: BeatLedger,
  slots: Slots,
  failing: Failing,
): AsyncGenerator<string> {
  for (let from = 0; from < lines.length; from += LINES_A_ROUND) {
    const round = lines.slice(from, from + LINES_A_ROUND);
    const answered = await Promise.all(round.map((line) => slots.run(() => answerLine(line, beats, failing))));
    yield answered.map((answer) => `${JSON.stringify(answer)}\n`).join('');
    await nextRound();
  }
}

async function answerLine(
  line: string,
  beats: BeatLedger,
  { request, explained, selfUrl }: Failing,
): Promise<LineAnswer> {
  let ref = { fleet: '', agent: '' };
  try {
    const { fleet, agent, ...beat } = mustRead(addressedHeartbeatSchema, jsonOf(line), 'body');
    ref = { fleet, agent };
    mustReach(request.caller, fleet);
    return { ...ref, ...(await beats.beat(ref, withEndpoint(ref, beat, selfUrl))) };
  } catch (thrown) {
    const error = explained(thrown);
    if (error instanceof DroverError) return { ...ref, error: error.toBody() };
    // Earlier answers are already sent, so the request can no longer fail.
    request.log.error({ err: error }, 'a beat failed');
    return { ...ref, error: { code: 'Internal', message: 'something went wrong inside the gateway' } };
  }
}

function jsonOf(line: string): unknown {
  const read = readJson(line);
  if ('value' in read) return read.value;
  if ('syntax' in read) throw new DroverError('InvalidRequest', `the line is not JSON: ${read.syntax}`);
  throw new DroverError('InvalidRequest', describeProblem(read.problem, 'the line'));
}
