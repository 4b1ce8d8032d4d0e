/**
 * The two clocks of a process (decision 26). Only this file reads them. `monotonicMs` measures
 * intervals and deadlines; the wall clock only dates what people and other machines read.
 */

/**
 * Milliseconds since the process started. It never goes back and never jumps, even if the time of
 * day does. On Linux it stops while the machine sleeps, so nothing times out during sleep. Readings
 * of two processes cannot be compared.
 */
export function monotonicMs(): number {
  return performance.now();
}

/**
 * The time of day in epoch milliseconds. It may jump at any moment, so never subtract two readings
 * to get an interval.
 */
export function wallClockMs(): number {
  return Date.now();
}

/** The time of day in ISO 8601, UTC. */
export function isoNow(): string {
  return new Date().toISOString();
}

/**
 * Converts a monotonic deadline to epoch milliseconds by the current wall clock, for an interface
 * that needs them.
 */
export function onWallClock(deadline: number): number {
  return wallClockMs() + (deadline - monotonicMs());
}
