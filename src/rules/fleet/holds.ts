/** The decisions of a fleet's own hold, which a repeat of their request does not take twice. */
import { earlier, markOf } from '../lib/fingerprint';
import { remembered } from './change';
import { type FleetState, holdFleet, releaseFleet } from './state';

/** What a fleet-wide pause and resume are asked with; `wait: false` answers before the agents have heard of it. */
export interface HoldRequest {
  readonly reason?: string;
  readonly requestId?: string;
  readonly wait?: boolean;
}

/** Decides a fleet's `pause`, `at` in ISO 8601. `IdempotencyConflict` where its request id was another request's. */
export function decidePause(state: FleetState, request: HoldRequest, at: string): FleetState {
  const mark = markOf('pause', request);
  if (earlier(state.requests, mark)) return state;
  return remembered(holdFleet(state, request.reason ?? null, at), mark);
}

/** Decides a fleet's `resume`. `IdempotencyConflict` where its request id was another request's. */
export function decideResume(state: FleetState, request: HoldRequest): FleetState {
  const mark = markOf('resume', request);
  if (earlier(state.requests, mark)) return state;
  return remembered(releaseFleet(state), mark);
}
