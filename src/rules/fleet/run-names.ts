/** Which run a request id stands for: runs are found by their names, and one request must not start two of them. */
import type { RunNamed } from '../../contract/fleet';
import { earlier, markOf } from '../lib/fingerprint';
import { remembered } from './change';
import type { FleetState } from './state';

/** Decides `nameRun`. `IdempotencyConflict` where the request id was another run's, or another request's of the fleet. */
export function decideRunName(state: FleetState, request: RunNamed): FleetState {
  const mark = markOf('nameRun', request);
  return earlier(state.requests, mark) ? state : remembered(state, mark);
}
