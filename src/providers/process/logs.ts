/** The log of a process agent: a file that only grows, read from its end and followed. */
import { open } from 'node:fs/promises';
import { errorCode } from '../error-code';
import { until } from '../until';
import type { LogOptions } from '../provider';

/** As much of the end of a log as is read for its last lines. */
const TAIL_BYTES = 256 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** How long one look at a quiet log lasts before `signal` is looked at again. */
const QUIET_MS = 60_000;

/** The last lines of a log, of what was written from byte `from` on; empty when there is none. */
export async function lastLines(path: string, count: number, from = 0): Promise<string> {
  const size = await sizeOf(path);
  const text = await readFrom(path, Math.max(from, size - TAIL_BYTES), size);
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** The size in bytes; 0 when there is no file. */
export async function sizeOf(path: string): Promise<number> {
  return withFile(path, 0, async (file) => (await file.stat()).size);
}

/** The log, in pieces. */
export async function* readLog(
  path: string,
  { tail, follow = false, signal }: LogOptions = {},
): AsyncGenerator<string> {
  let position = await sizeOf(path);
  if (tail === undefined) position = 0;
  else if (tail > 0) yield* nonEmpty(await lastLines(path, tail));
  while (!signal?.aborted) {
    const end = Math.min(await sizeOf(path), position + CHUNK_BYTES);
    if (end > position) yield await readFrom(path, position, end);
    else if (!follow) return;
    else await until(async () => signal?.aborted || (await sizeOf(path)) > end || undefined, QUIET_MS);
    position = end;
  }
}

function nonEmpty(text: string): string[] {
  return text === '' ? [] : [`${text}\n`];
}

async function readFrom(path: string, from: number, to: number): Promise<string> {
  return withFile(path, '', async (file) => {
    const buffer = Buffer.alloc(Math.max(0, to - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.toString('utf8', 0, bytesRead);
  });
}

async function withFile<T>(
  path: string,
  absent: T,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return absent;
    throw error;
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
