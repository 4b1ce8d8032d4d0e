/** Timers that are handled late. */

/** A timer comes a second late where a machine is busy. Later than this, worker or server were away (or the machine slept). */
const LATE_MS = 5_000;

/** Whether what was due is looked at so late that nothing could be heard in between; epoch milliseconds. */
export function isLate(due: number, now: number): boolean {
  return now - due > LATE_MS;
}
