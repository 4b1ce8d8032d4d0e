/** What a container has printed, in the engine's framing: eight bytes before each piece, the last four of them its length. */
import type Docker from 'dockerode';
import type { LogOptions } from '../provider';
import { calling } from './engine';

const HEADER = 8;

/** The output of a container, both streams, in order. */
export async function* containerLogs(
  container: Docker.Container,
  { tail, follow = false, signal }: LogOptions = {},
): AsyncGenerator<string> {
  const options = { stdout: true, stderr: true, ...(tail === undefined ? {} : { tail }) };
  if (!follow) {
    const all = await calling('read the log', (abortSignal) =>
      container.logs({ ...options, follow: false, abortSignal }),
    );
    yield* frames(Buffer.from(all)).texts;
    return;
  }
  const stream = await container.logs({ ...options, follow: true, ...(signal ? { abortSignal: signal } : {}) });
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const read = frames(Buffer.concat([rest, chunk]));
      rest = read.rest;
      yield* read.texts;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

function frames(buffer: Buffer): { texts: string[]; rest: Buffer } {
  const texts: string[] = [];
  let at = 0;
  while (at + HEADER <= buffer.length) {
    const end = at + HEADER + buffer.readUInt32BE(at + 4);
    if (end > buffer.length) break;
    texts.push(buffer.toString('utf8', at + HEADER, end));
    at = end;
  }
  return { texts, rest: buffer.subarray(at) };
}
