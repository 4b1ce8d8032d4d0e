/** A clock that stops and goes on: time spent paused counts against no turn, run, drain or unavailable timeout. */

/** `total` milliseconds have passed up to `since` (epoch milliseconds); null: the clock stands. */
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

/** The same clock, made to run or to stand; unchanged when it does so already. */
export function setRunning(clock: PausedClock, running: boolean, now: number): PausedClock {
  if (running === (clock.since !== null)) return clock;
  return { total: reading(clock, now), since: running ? now : null };
}

/** When the clock will show `target`, in epoch milliseconds; null while it stands. */
export function dueAt(clock: PausedClock, target: number): number | null {
  return clock.since === null ? null : clock.since + (target - clock.total);
}
