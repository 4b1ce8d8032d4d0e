/** Remembered `requestId`s: the same request again gets the first acceptance's answer, also after continue-as-new. */
import type { CommandState } from '../contract/agent';
import type { ErrorBody } from '../contract/errors';
import type { AgentState, RememberedRequest } from './agent-state';

/** The last 1,000 (lifecycle.md, "Commands"). */
const REQUESTS_KEPT = 1_000;

/** What is known of an earlier request with this id. */
export function recall(state: AgentState, requestId: string | undefined): RememberedRequest | undefined {
  return requestId === undefined ? undefined : state.requests.find((request) => request.requestId === requestId);
}

/** A request was accepted; its answer is still to come. */
export function remember(state: AgentState, requestId: string | undefined, changed: boolean): AgentState {
  if (requestId === undefined) return state;
  const request: RememberedRequest = { requestId, op: state.op, changed, answer: null, error: null };
  return { ...state, requests: [...state.requests, request].slice(-REQUESTS_KEPT) };
}

/** A remembered request was answered: with how far it came, or with the error of its effect. */
export function answered(
  state: AgentState,
  requestId: string | undefined,
  result: CommandState | ErrorBody,
): AgentState {
  if (recall(state, requestId) === undefined) return state;
  const { status, runtime, liveness, holds } = state;
  const known: Partial<RememberedRequest> =
    typeof result === 'string' ? { answer: { state: result, status, runtime, liveness, holds } } : { error: result };
  const requests = state.requests.map((request) =>
    request.requestId === requestId ? { ...request, ...known } : request,
  );
  return { ...state, requests };
}
