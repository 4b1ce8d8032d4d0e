/** Durations as written in files and messages, and their milliseconds. */

/** A duration as written in files and messages: `500ms`, `5s`, `2m`, `1h`. */
export type Duration = string;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/;

/** The longest duration in a file or a message: 30 days, the longest limit of a turn. */
export const LONGEST_DURATION_MS = 30 * 24 * 3_600_000;

/** The milliseconds of `500ms`, `5s`, `2m` or `1h`; undefined if the text is not a duration. */
export function durationMs(text: string): number | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]);
}

/**
 * Milliseconds in the largest unit that leaves no remainder: `120000` is `2m`. The inverse of
 * `durationMs`.
 */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNIT_MS[unit] === 0) return `${String(ms / UNIT_MS[unit])}${unit}`;
  }
  return `${String(ms)}ms`;
}
