/** Binds a request id to the name of a run, so that one request does not start two runs. */
import type { RunNamed } from '../../contract/fleet';
import { findRequest, markOf } from '../lib/fingerprint';
import { rememberRequest } from './change';
import type { FleetState } from './state';

/**
 * Decides `nameRun`. Throws `IdempotencyConflict` if another run or another request of the fleet
 * used the id.
 */
export function decideRunName(state: FleetState, request: RunNamed): FleetState {
  const mark = markOf('nameRun', request);
  return findRequest(state.requests, mark) ? state : rememberRequest(state, mark);
}
