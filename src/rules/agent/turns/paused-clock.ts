/**
 * A clock that can stop, so that paused time counts against no turn, run, drain or unavailable
 * timeout.
 */

/** `total` milliseconds passed before `since` (epoch milliseconds); null: the clock is stopped. */
export interface PausedClock {
  readonly total: number;
  readonly since: number | null;
}

/** A clock that has not run yet. */
export const STOPPED_CLOCK: PausedClock = { total: 0, since: null };

/** The clock's reading, in milliseconds. */
export function reading(clock: PausedClock, now: number): number {
  return clock.total + (clock.since === null ? 0 : Math.max(0, now - clock.since));
}

/** The same clock, started or stopped; the same object when it already is. */
export function setRunning(clock: PausedClock, running: boolean, now: number): PausedClock {
  if (running === (clock.since !== null)) return clock;
  return { total: reading(clock, now), since: running ? now : null };
}

/** When the clock reaches `target`, in epoch milliseconds; null while it is stopped. */
export function dueAt(clock: PausedClock, target: number): number | null {
  return clock.since === null ? null : clock.since + (target - clock.total);
}
