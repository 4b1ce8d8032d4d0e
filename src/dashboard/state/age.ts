/** Ages as texts. */

/** An age in the largest unit, such as `3 min`; `in` the future if a clock is wrong. */
export function ageText(at: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(at)) / 1_000);
  if (Number.isNaN(seconds)) return 'unknown';
  const size = Math.abs(seconds);
  const [count, unit] =
    size < 60
      ? [size, 's']
      : size < 3_600
        ? [size / 60, 'min']
        : size < 86_400
          ? [size / 3_600, 'h']
          : [size / 86_400, 'd'];
  const text = `${String(Math.floor(count))} ${unit}`;
  // A clock that differs by some seconds is not worth a word.
  return seconds < -5 ? `in ${text}` : text;
}
