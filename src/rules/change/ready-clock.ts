/**
 * How long an agent that was woken may take until it is ready: only time in which it could be heard
 * counts.
 */
import { isLate } from '../lib/late';

/**
 * What is left of the time, in milliseconds, after a wait of `patienceMs` that was due to end at
 * `due` and was looked at at `now` (epoch ms). A wait that ended much later than it was to had no
 * worker, and does not count.
 */
export function leftAfterWait(leftMs: number, patienceMs: number, due: number, now: number): number {
  return isLate(due, now) ? leftMs : leftMs - patienceMs;
}
