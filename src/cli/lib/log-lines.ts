/** The lines of an agent's log: from the files of this directory, or from a gateway that asks the agent's host. */
import type { AgentRef } from '../../client';
import { type LogLine, type LogPart, type LogPartRequest, LOG_WAIT_MS } from '../../contract/agent/log';
import { DroverError } from '../../contract/errors';
import { logPartSchema } from '../../contract/schemas/views';
import { type GatewayAccess, getFrom } from './gateway';

/** Reads one part. */
export type ReadPart = (request: LogPartRequest, signal: AbortSignal) => Promise<LogPart>;

/** Which lines: of all, the last `tail` and those since a time; with `follow` also new ones until `signal` aborts. */
export interface LinesRequest extends Pick<LogPartRequest, 'tail' | 'since'> {
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Lines, part by part. */
export async function* logLines(
  read: ReadPart,
  { follow, signal, ...which }: LinesRequest,
): AsyncGenerator<readonly LogLine[]> {
  let next = yield* pastLines(read, which, signal);
  while (follow && !signal.aborted) {
    const part = await read({ after: next, waitMs: LOG_WAIT_MS }, signal);
    next = part.next;
    yield part.lines;
  }
}

/** The lines that are there already. Returns where the next ones begin. */
async function* pastLines(
  read: ReadPart,
  which: Pick<LinesRequest, 'tail' | 'since'>,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], string> {
  let part = await read(which, signal);
  yield part.lines;
  while (part.more && !signal.aborted) {
    part = await read({ after: part.next }, signal);
    yield part.lines;
  }
  return part.next;
}

/** Lines of an agent from a gateway. */
export async function* gatewayLines(
  access: GatewayAccess,
  { fleet, agent }: AgentRef,
  { follow, signal, ...which }: LinesRequest,
): AsyncGenerator<readonly LogLine[]> {
  const asked = (request: object): string =>
    `/v1/agents/${fleet}/${agent}/logs?${String(new URLSearchParams({ ...request }))}`;
  const read: ReadPart = async (request) =>
    logPartSchema.parse(await (await getFrom(access, asked(request), signal)).json());
  const next = yield* pastLines(read, which, signal);
  if (!follow) return;
  const answer = await getFrom(access, asked({ after: next, follow: 'true' }), signal);
  for await (const { event, data } of serverEvents(answer)) {
    const value: unknown = JSON.parse(data);
    if (event === 'problem') throw new DroverError('Unavailable', `the gateway ${access.url}: ${data}`);
    yield logPartSchema.pick({ lines: true }).parse(value).lines;
  }
}

/** The events of a stream with their data. */
async function* serverEvents(answer: Response): AsyncGenerator<{ readonly event: string; readonly data: string }> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer.body ?? []) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fieldOf = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = fieldOf('data');
      if (data !== undefined) yield { event: fieldOf('event') ?? 'message', data };
    }
  }
}
