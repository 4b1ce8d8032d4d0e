/** Pauses and resumes a fleet, once for each request id. */
import type { FleetHoldRequest } from '../../contract/fleet';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { findRequest, markOf } from '../lib/fingerprint';
import { byField } from '../lib/origin';
import { rememberRequest } from './change';
import { withCommand } from './log';
import { type FleetState } from './state';
import { holdFleet, releaseFleet } from './hold-rounds';

/**
 * Decides a fleet's `pause`, `at` in ISO 8601. Throws `IdempotencyConflict` if another request
 * used the id.
 */
export function decidePause(state: FleetState, request: FleetHoldRequest, at: string): FleetState {
  const mark = markOf('pause', request);
  if (findRequest(state.requests, mark)) return state;
  const { reason = null } = request;
  const held = rememberRequest(holdFleet(state, reason, at), mark);
  const why = reason === null ? null : boundedText(reason, SHORT_BYTES);
  return withCommand(
    held,
    { type: 'fleet.paused', data: { fleet: state.fleet, ...byField(request), reason: why } },
    at,
  );
}

/**
 * Decides a fleet's `resume`, `at` in ISO 8601. Throws `IdempotencyConflict` if another request
 * used the id.
 */
export function decideResume(state: FleetState, request: FleetHoldRequest, at: string): FleetState {
  const mark = markOf('resume', request);
  if (findRequest(state.requests, mark)) return state;
  const released = rememberRequest(releaseFleet(state), mark);
  const data = { fleet: state.fleet, ...byField(request), reason: null };
  return withCommand(released, { type: 'fleet.resumed', data }, at);
}
