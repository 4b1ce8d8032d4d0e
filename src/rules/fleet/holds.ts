/** Pauses and resumes a fleet, once for each request id. */
import type { FleetHoldRequest } from '../../contract/fleet';
import { findRequest, markOf } from '../lib/fingerprint';
import { rememberRequest } from './change';
import { type FleetState } from './state';
import { holdFleet, releaseFleet } from './hold-rounds';

/**
 * Decides a fleet's `pause`, `at` in ISO 8601. Throws `IdempotencyConflict` where another request
 * used the id.
 */
export function decidePause(state: FleetState, request: FleetHoldRequest, at: string): FleetState {
  const mark = markOf('pause', request);
  if (findRequest(state.requests, mark)) return state;
  return rememberRequest(holdFleet(state, request.reason ?? null, at), mark);
}

/** Decides a fleet's `resume`. Throws `IdempotencyConflict` where another request used the id. */
export function decideResume(state: FleetState, request: FleetHoldRequest): FleetState {
  const mark = markOf('resume', request);
  if (findRequest(state.requests, mark)) return state;
  return rememberRequest(releaseFleet(state), mark);
}
