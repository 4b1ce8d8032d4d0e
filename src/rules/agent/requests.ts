/** Remembered `requestId`s: the same request again gets the first acceptance's answer, also after continue-as-new. */
import type { CommandState } from '../../contract/agent';
import type { ErrorBody } from '../../contract/errors';
import type { AgentState, RememberedRequest } from './state';
import { earlier, type RequestMark } from '../lib/fingerprint';
import { jsonBytes } from '../lib/json-bytes';

/** The last 1,000 (docs/lifecycle.md, "Commands"). */
const REQUESTS_KEPT = 1_000;
/** Their bytes: 1,000 answers with one hold are 300 KiB, and only long reasons and many holds come near. */
const REQUEST_BYTES_KEPT = 384 * 1024;

/** What is known of the same request. `IdempotencyConflict` where its id was another request's. */
export function recall(state: AgentState, mark: RequestMark | undefined): RememberedRequest | undefined {
  return earlier(state.requests, mark);
}

/** A request was accepted; its answer is still to come. */
export function remember(state: AgentState, mark: RequestMark | undefined, changed: boolean): AgentState {
  if (mark === undefined) return state;
  const request: RememberedRequest = { ...mark, op: state.op, changed, answer: null, error: null, bytes: 0 };
  return { ...state, requests: bounded([...state.requests, sized(request)]) };
}

/** A remembered request was answered: with how far it came, or with the error of its effect. */
export function answered(
  state: AgentState,
  requestId: string | undefined,
  result: CommandState | ErrorBody,
): AgentState {
  if (!state.requests.some((request) => request.requestId === requestId)) return state;
  const { status, runtime, liveness, holds } = state;
  const known: Partial<RememberedRequest> =
    typeof result === 'string' ? { answer: { state: result, status, runtime, liveness, holds } } : { error: result };
  const requests = state.requests.map((request) =>
    request.requestId === requestId ? sized({ ...request, ...known }) : request,
  );
  return { ...state, requests: bounded(requests) };
}

function sized(request: RememberedRequest): RememberedRequest {
  return { ...request, bytes: jsonBytes(request) };
}

/** The newest that fit. */
function bounded(requests: readonly RememberedRequest[]): readonly RememberedRequest[] {
  let from = Math.max(0, requests.length - REQUESTS_KEPT);
  let bytes = requests.slice(from).reduce((sum, request) => sum + request.bytes, 0);
  for (; bytes > REQUEST_BYTES_KEPT; from += 1) bytes -= requests[from]?.bytes ?? bytes;
  return from === 0 ? requests : requests.slice(from);
}
