/** Reads the log of a process agent in parts of whole lines. A position is a byte of the file. */
import { LOG_PART_BYTES, type LogLine, type LogPart, type LogPartRequest } from '../../contract/agent/log';
import { until } from '../../lib/until';
import { readTimes, type SizeAt, sizeBefore, timeOf } from './log-times';
import { bytesFrom, LOG_LIMIT_BYTES, sizeOf, startOfLines } from './logs';

const NEWLINE = 0x0a;

/** One part. Ends early where `signal` aborts. */
export async function logPart(path: string, request: LogPartRequest, signal: AbortSignal): Promise<LogPart> {
  const { waitMs = 0 } = request;
  const follows = waitMs > 0;
  const part = await partNow(path, request, follows);
  if (part.lines.length > 0 || !follows) return part;
  const seen = await sizeOf(path);
  await until(async () => signal.aborted || (await sizeOf(path)) !== seen || undefined, waitMs);
  return partNow(path, { after: part.next }, follows);
}

/** A part of what is there at this moment: a line that comes during the read is not one of the last `tail`. */
async function partNow(path: string, request: LogPartRequest, follows: boolean): Promise<LogPart> {
  const size = await sizeOf(path);
  return partFrom(path, await startOf(path, size, request), size, follows);
}

async function startOf(path: string, size: number, { after, tail, since }: LogPartRequest): Promise<number> {
  if (after !== undefined) {
    const position = Number(after);
    // A log that was cut starts again.
    return Number.isSafeInteger(position) && position >= 0 && position <= size ? position : 0;
  }
  const noted = since === undefined ? 0 : await lineAfter(path, sizeBefore(await readTimes(path), since), size);
  if (tail === undefined) return noted;
  if (tail === 0) return size;
  const begin = Math.max(0, size - LOG_LIMIT_BYTES);
  return Math.max(noted, begin + startOfLines(await bytesFrom(path, begin, size), tail));
}

/** The first line that begins at this byte or later: half a line could be half a secret. */
async function lineAfter(path: string, from: number, size: number): Promise<number> {
  if (from === 0 || from >= size) return Math.min(from, size);
  for (let at = from - 1; at < size; at += LOG_PART_BYTES) {
    const found = (await bytesFrom(path, at, Math.min(size, at + LOG_PART_BYTES))).indexOf(NEWLINE);
    if (found >= 0) return at + found + 1;
  }
  return size;
}

async function partFrom(path: string, from: number, size: number, follows: boolean): Promise<LogPart> {
  const bytes = await bytesFrom(path, from, Math.min(size, from + LOG_PART_BYTES));
  const isLast = from + bytes.length >= size;
  let end = bytes.lastIndexOf(NEWLINE) + 1;
  // A line without an end is complete if its agent writes no more, or if it fills the part.
  if (end === 0 && (bytes.length === LOG_PART_BYTES || !follows)) end = bytes.length;
  else if (isLast && !follows) end = bytes.length;
  const lines = linesOf(bytes.subarray(0, end), from, await readTimes(path));
  const isOpen = end === LOG_PART_BYTES && bytes[end - 1] !== NEWLINE;
  const next = isOpen ? await lineAfter(path, from + end, await sizeOf(path)) : from + end;
  return { lines, next: String(next), more: next < size && !(isLast && follows) };
}

function linesOf(bytes: Buffer, from: number, times: readonly SizeAt[]): LogLine[] {
  const lines: LogLine[] = [];
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(NEWLINE, at);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(at, end).toString('utf8').replace(/\r$/, '');
    lines.push({ at: timeOf(times, from + end), line });
    at = end + 1;
  }
  return lines;
}
