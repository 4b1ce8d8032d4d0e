/**
 * Reads a container's log from the engine's frames: a header of eight bytes, the last four of them
 * the length.
 */
import type Docker from 'dockerode';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
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
