/**
 * The log of a process agent: a file that the agent appends to. It is read from its end, followed,
 * and cut before it fills the disk.
 */
import { open, readdir, rename, rm, truncate } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../lib/error-code';
import { until } from '../../lib/until';
import { type LogOptions, providerError } from '../provider';

/** How much of the end of a log is read for its last lines. */
const TAIL_BYTES = 256 * 1024;
/**
 * Skipped at a cut in the middle of a log, because half a secret at the cut would not be redacted.
 */
const SECRET_BYTES = 16 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** The size at which a log is cut, in bytes. */
export const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const PRIVATE_FILE = 0o600;
const DRAFT = '.draft';
/** The longest wait on a quiet log before the loop checks `signal` again. */
const QUIET_MS = 60_000;

/** The last lines of a log after byte `from`; empty if it has none. */
export async function lastLines(path: string, count: number, from = 0): Promise<string> {
  const size = await sizeOf(path);
  // A log that was cut starts again at 0.
  const begin = from > size ? 0 : from;
  const cut = size - begin > TAIL_BYTES;
  const bytes = await bytesFrom(path, cut ? size - TAIL_BYTES : begin, size);
  const text = (cut ? bytes.subarray(SECRET_BYTES) : bytes).toString('utf8');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** The size in bytes; 0 without a file. */
export async function sizeOf(path: string): Promise<number> {
  return withFile(path, 0, async (file) => (await file.stat()).size);
}

/** Reads the log in pieces, as raw bytes. */
export async function* readLog(
  path: string,
  { tail, follow = false, signal }: LogOptions = {},
): AsyncGenerator<Uint8Array> {
  let position = await sizeOf(path);
  if (tail === undefined) position = 0;
  else if (tail > 0) yield lastLinesOf(await bytesFrom(path, Math.max(0, position - LOG_LIMIT_BYTES), position), tail);
  while (!signal?.aborted) {
    const size = await sizeOf(path);
    if (size < position) position = 0;
    const end = Math.min(size, position + CHUNK_BYTES);
    if (end > position) yield await bytesFrom(path, position, end);
    else if (!follow) return;
    else await until(async () => signal?.aborted || (await sizeOf(path)) !== end || undefined, QUIET_MS);
    position = end;
  }
}

/**
 * Cuts a log over the limit: its end becomes `<log>.1`, replacing an earlier one, and the log
 * starts empty. The agent has the file open for appending, so it continues at the new start; output
 * between the copy and the cut is lost. Without room for the copy the log is still cut, as it may
 * have filled the disk, and only its last lines are kept.
 */
export async function cutLog(path: string, limitBytes = LOG_LIMIT_BYTES): Promise<void> {
  const size = await sizeOf(path);
  if (size <= limitBytes) return;
  await removeDrafts(path);
  try {
    await saveEnd(path, piecesOf(path, size - limitBytes, size));
    await truncate(path);
  } catch (error) {
    const last = await bytesFrom(path, size - Math.min(TAIL_BYTES, limitBytes), size);
    await truncate(path);
    await saveEnd(path, [last]);
    throw providerError(`${path} was cut without a whole copy of its end: ${String(error)}`, { cause: error });
  }
}

/** Replaces `<log>.1` with the pieces in one step. A failed copy leaves nothing behind. */
async function saveEnd(path: string, pieces: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  const draft = `${path}.${String(process.pid)}${DRAFT}`;
  try {
    const copy = await open(draft, 'w', PRIVATE_FILE);
    try {
      for await (const piece of pieces) await copy.writeFile(piece);
    } finally {
      await copy.close();
    }
    await rename(draft, `${path}.1`);
  } finally {
    await rm(draft, { force: true });
  }
}

async function* piecesOf(path: string, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; at += CHUNK_BYTES) yield bytesFrom(path, at, Math.min(at + CHUNK_BYTES, to));
}

/** Removes unfinished copies of a killed worker. */
async function removeDrafts(path: string): Promise<void> {
  const directory = dirname(path);
  const drafts = (await readdir(directory)).filter((name) => name.startsWith(basename(path)) && name.endsWith(DRAFT));
  await Promise.all(drafts.map((name) => rm(join(directory, name), { force: true })));
}

const NEWLINE = 0x0a;

function lastLinesOf(bytes: Buffer, count: number): Buffer {
  return bytes.subarray(startOfLines(bytes, count));
}

/** The byte at which the last `count` lines begin. */
export function startOfLines(bytes: Buffer, count: number): number {
  let from = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length;
  for (let line = 0; line < count; line += 1) {
    from = bytes.subarray(0, from).lastIndexOf(NEWLINE);
    if (from < 0) return 0;
  }
  return from + 1;
}

/** The bytes of a file from one position to another, as far as they are there. */
export async function bytesFrom(path: string, from: number, to: number): Promise<Buffer> {
  return withFile(path, Buffer.alloc(0), async (file) => {
    const buffer = Buffer.alloc(Math.max(0, to - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.subarray(0, bytesRead);
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
