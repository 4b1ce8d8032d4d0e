/**
 * Measures how long a woken agent takes to become ready, without the time in which Drover was down.
 */
import { isLate } from '../lib/late';

/**
 * The rest of the time in milliseconds, after a wait of `patienceMs` that was due at `due` and
 * ended at `now` (epoch milliseconds). A wait that ended much too late had no worker and does not
 * count.
 */
export function leftAfterWait(leftMs: number, patienceMs: number, due: number, now: number): number {
  return isLate(due, now) ? leftMs : leftMs - patienceMs;
}
