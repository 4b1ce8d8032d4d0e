/** Detects timers that fire late. */

/**
 * On a busy machine a timer fires a second late. If it is later than this, the worker or the server
 * was down, or the machine slept.
 */
const LATE_MS = 5_000;

/**
 * Whether a timer fired so late that no message could arrive before. Times are epoch milliseconds.
 */
export function isLate(due: number, now: number): boolean {
  return now - due > LATE_MS;
}
