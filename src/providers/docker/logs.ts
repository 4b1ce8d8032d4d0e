/**
 * Reads a container's log from the engine's frames: a header of eight bytes, the last four of them
 * the length.
 */
import type Docker from 'dockerode';
import type { LogLine, LogPart, LogPartRequest } from '../../contract/agent/log';
import { LOG_PART_BYTES } from '../../contract/agent/log';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
import { isoNow } from '../../lib/clock';
import { until } from '../../lib/until';
import { type LogOptions, providerError } from '../provider';
import { calling } from './engine';

const HEADER = 8;

/** The output of a container, both streams in order. */
export async function* containerLogs(
  container: Docker.Container,
  { tail, follow = false, signal }: LogOptions = {},
): AsyncGenerator<Uint8Array> {
  const options = { stdout: true, stderr: true, ...(tail === undefined ? {} : { tail }) };
  if (!follow) {
    yield* frames(await wholeLog(container, options)).pieces;
    return;
  }
  const stream = await container.logs({ ...options, follow: true, ...(signal ? { abortSignal: signal } : {}) });
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const read = frames(Buffer.concat([rest, chunk]));
      rest = read.rest;
      yield* read.pieces;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** The most lines that are asked of the engine at a time. */
const LINES_AT_ONCE = 1_000;

/**
 * A part of the log. A position is the engine's time of the last line that was read. At the beginning
 * it has the last 1,000 lines at most: the engine gives earlier ones only all at once.
 */
export async function containerLogPart(
  container: Docker.Container,
  { after, tail, since, waitMs = 0 }: LogPartRequest,
  signal: AbortSignal,
): Promise<LogPart> {
  const from = after ?? since;
  const read = async (): Promise<LogLine[]> => {
    const bytes = await wholeLog(container, {
      stdout: true,
      stderr: true,
      timestamps: true,
      ...(from === undefined ? {} : { since: Math.floor(Date.parse(from) / 1_000) }),
      ...(after === undefined ? { tail: Math.min(tail ?? LINES_AT_ONCE, LINES_AT_ONCE) } : {}),
    });
    const lines = stampedLines(Buffer.concat(frames(bytes).pieces).toString('utf8'));
    return from === undefined ? lines : lines.filter(({ at }) => nanosOf(at) > nanosOf(from));
  };
  let lines = await read();
  if (lines.length === 0 && waitMs > 0) {
    const seen = await until(async () => {
      const found = signal.aborted ? [] : await read();
      return found.length > 0 || signal.aborted ? found : undefined;
    }, waitMs);
    lines = seen ?? [];
  }
  const part = firstOf(lines);
  return { lines: part, next: part.at(-1)?.at ?? from ?? isoNow(), more: part.length < lines.length };
}

/** The first lines that fit into a part. At least one, so that a reader gets on. */
function firstOf(lines: readonly LogLine[]): readonly LogLine[] {
  let bytes = 0;
  const end = lines.findIndex(({ line }, index) => {
    bytes += Buffer.byteLength(line);
    return index > 0 && bytes > LOG_PART_BYTES;
  });
  return end < 0 ? lines : lines.slice(0, end);
}

/** Lines as the engine gives them: its time, a space, the text. */
function stampedLines(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    const [, at, rest] = /^(\d{4}-\S+) (.*)$/.exec(line) ?? [];
    return at === undefined || rest === undefined ? [] : [{ at, line: rest.replace(/\r$/, '') }];
  });
}

/** A time of an engine in nanoseconds, which a `Date` does not have. */
function nanosOf(at: string): bigint {
  const [, fraction = ''] = /\.(\d{1,9})/.exec(at) ?? [];
  const seconds = Math.floor(Date.parse(at) / 1_000);
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/**
 * Reads the whole log. An engine that fails after it has started to answer puts the error into the
 * body, which dockerode parses as JSON.
 */
function wholeLog(container: Docker.Container, options: Docker.ContainerLogsOptions): Promise<Buffer> {
  return calling('read the log', async (abortSignal) => {
    const answer: unknown = await container.logs({ ...options, follow: false, abortSignal });
    if (Buffer.isBuffer(answer)) return answer;
    throw providerError(`read the log: the engine says ${boundedText(JSON.stringify(answer), QUOTE_BYTES)}`);
  });
}

function frames(buffer: Buffer): { pieces: Buffer[]; rest: Buffer } {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + HEADER <= buffer.length) {
    const end = at + HEADER + buffer.readUInt32BE(at + 4);
    if (end > buffer.length) break;
    pieces.push(buffer.subarray(at + HEADER, end));
    at = end;
  }
  return { pieces, rest: buffer.subarray(at) };
}
