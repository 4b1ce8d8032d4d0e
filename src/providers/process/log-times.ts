/**
 * When a log had which size: `<log>.times`, a line `<ISO time> <bytes>` for each look at which it had
 * grown. Agents write straight into their log, so this is what is known of the time of a line.
 */
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { isoNow } from '../../lib/clock';
import { errorCode } from '../../lib/error-code';
import { sizeOf } from './logs';

/** The log had this size at this time. */
export interface SizeAt {
  readonly at: string;
  readonly size: number;
}

/** Looks that are kept: two days of a log that grows all the time. */
const KEPT = 12_000;
const PRIVATE_FILE = 0o600;

/** The file of a log's times. */
export function timesOf(log: string): string {
  return `${log}.times`;
}

/** Notes the present size, if it has changed. A log that was cut starts again. */
export async function noteSize(log: string): Promise<void> {
  const size = await sizeOf(log);
  const noted = await readTimes(log);
  const last = noted.at(-1)?.size ?? 0;
  if (size === last) return;
  const now = { at: isoNow(), size };
  if (size > last && noted.length < KEPT) await appendFile(timesOf(log), lineOf(now), { mode: PRIVATE_FILE });
  else await replace(log, size > last ? [...noted.slice(-KEPT / 2), now] : [now]);
}

/** Every look that was noted, the earliest first. A line that was not written whole is left out. */
export async function readTimes(log: string): Promise<SizeAt[]> {
  let text;
  try {
    text = await readFile(timesOf(log), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return [...text.matchAll(/^(\S+Z) (\d{1,15})\n/gm)].map(([, at = '', size]) => ({ at, size: Number(size) }));
}

/** Up to which byte the log certainly was written before this time. */
export function sizeBefore(times: readonly SizeAt[], since: string): number {
  return times.findLast(({ at }) => Date.parse(at) <= Date.parse(since))?.size ?? 0;
}

/** When the bytes up to `end` were there; now, if that has not been noted yet. */
export function timeOf(times: readonly SizeAt[], end: number): string {
  return times.find(({ size }) => size >= end)?.at ?? isoNow();
}

async function replace(log: string, times: readonly SizeAt[]): Promise<void> {
  const draft = `${timesOf(log)}.${String(process.pid)}.draft`;
  await writeFile(draft, times.map(lineOf).join(''), { mode: PRIVATE_FILE });
  await rename(draft, timesOf(log));
}

function lineOf({ at, size }: SizeAt): string {
  return `${at} ${String(size)}\n`;
}
