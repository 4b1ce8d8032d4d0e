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
export async function* logLines(read: ReadPart, request: LinesRequest): AsyncGenerator<readonly LogLine[]> {
  const { follow, signal, ...first } = request;
  let part = await read(first, signal);
  yield part.lines;
  while (part.more && !signal.aborted) {
    part = await read({ after: part.next }, signal);
    yield part.lines;
  }
  while (follow && !signal.aborted) {
    part = await read({ after: part.next, waitMs: LOG_WAIT_MS }, signal);
    yield part.lines;
  }
}

/** Lines of an agent from a gateway. */
export async function* gatewayLines(
  access: GatewayAccess,
  { fleet, agent }: AgentRef,
  { follow, signal, tail, since }: LinesRequest,
): AsyncGenerator<readonly LogLine[]> {
  const path = `/v1/agents/${fleet}/${agent}/logs`;
  const asked = (request: Readonly<Record<string, string>>): string =>
    `${path}?${String(new URLSearchParams(request))}`;
  const first = {
    ...(tail === undefined ? {} : { tail: String(tail) }),
    ...(since === undefined ? {} : { since }),
  };
  let part = await onePart(access, asked(first), signal);
  yield part.lines;
  while (part.more && !signal.aborted) {
    part = await onePart(access, asked({ after: part.next }), signal);
    yield part.lines;
  }
  if (!follow) return;
  const answer = await getFrom(access, asked({ after: part.next, follow: 'true' }), signal);
  for await (const { event, data } of serverEvents(answer)) {
    const value: unknown = JSON.parse(data);
    if (event === 'problem') throw new DroverError('Unavailable', `the gateway ${access.url}: ${data}`);
    yield logPartSchema.pick({ lines: true }).parse(value).lines;
  }
}

async function onePart(access: GatewayAccess, path: string, signal: AbortSignal): Promise<LogPart> {
  return logPartSchema.parse(await (await getFrom(access, path, signal)).json());
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
