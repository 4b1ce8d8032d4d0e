/**
 * The two clocks of a process (decision 26). This is the only file that reads them: intervals and deadlines are
 * measured with `monotonicMs`, and the wall clock only dates what people and other machines read.
 */

/**
 * Milliseconds since the process began. It never goes back and never jumps, whatever happens to the time of day. On Linux it stands
 * while the machine sleeps, so nothing grows old in its sleep. Readings of two processes cannot be compared.
 */
export function monotonicMs(): number {
  return performance.now();
}

/** The time of day in epoch milliseconds. It may step either way at any moment: never subtract two readings to get an interval. */
export function wallClockMs(): number {
  return Date.now();
}

/** The time of day in ISO 8601, UTC. */
export function isoNow(): string {
  return new Date().toISOString();
}

/** When a monotonic deadline comes by the wall clock as it stands now, for an interface that takes epoch milliseconds. */
export function onWallClock(deadline: number): number {
  return wallClockMs() + (deadline - monotonicMs());
}
