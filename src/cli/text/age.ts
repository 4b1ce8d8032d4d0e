/** Ages for people: a terminal shows how long ago, JSON has the time itself. */
import { wallClockMs } from '../../lib/clock';

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** How long ago an ISO 8601 time was, in its largest unit: `42s`, `7m`, `3h`, `12d`; `-` for none. */
export function age(time: string | null, now: number = wallClockMs()): string {
  const at = time === null ? NaN : Date.parse(time);
  return Number.isNaN(at) ? '-' : spanText(now - at);
}

/** A time in a text: how long ago on a terminal, elsewhere the time itself. */
export function when(time: string | null): string {
  if (time === null) return '-';
  return process.stdout.isTTY ? `${age(time)} ago` : time;
}

/** Milliseconds in their largest unit. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [unit, size] = UNITS.find(([, large]) => seconds >= large) ?? ['s', 1];
  return `${String(Math.floor(seconds / size))}${unit}`;
}
