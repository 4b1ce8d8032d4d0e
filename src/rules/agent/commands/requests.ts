/**
 * Makes commands idempotent: a repeated `requestId` receives the first answer, also after
 * continue-as-new.
 */
import type { CommandState } from '../../../contract/agent';
import type { ErrorBody } from '../../../contract/errors';
import type { AgentState, RememberedRequest } from '../state';
import { findRequest, REQUESTS_KEPT, type RequestMark } from '../../lib/fingerprint';
import { jsonBytes } from '../../lib/json-bytes';

/**
 * The bytes of all remembered requests. 1,000 answers with one hold take 300 KiB; only long reasons
 * or many holds exceed this.
 */
const REQUEST_BYTES_KEPT = 384 * 1024;

/**
 * The earlier acceptance of the same request. Throws `IdempotencyConflict` if another request
 * used the id.
 */
export function recall(state: AgentState, mark: RequestMark | undefined): RememberedRequest | undefined {
  return findRequest(state.requests, mark);
}

/** Remembers an accepted request; `rememberAnswer` adds the answer later. */
export function remember(state: AgentState, mark: RequestMark | undefined, changed: boolean): AgentState {
  if (mark === undefined) return state;
  const request: RememberedRequest = { ...mark, op: state.op, changed, answer: null, error: null, bytes: 0 };
  return { ...state, requests: bounded([...state.requests, sized(request)]) };
}

/** Adds the answer to a remembered request: the command's state, or the error of its effect. */
export function rememberAnswer(
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

/** The newest requests that fit. */
function bounded(requests: readonly RememberedRequest[]): readonly RememberedRequest[] {
  let from = Math.max(0, requests.length - REQUESTS_KEPT);
  let bytes = requests.slice(from).reduce((sum, request) => sum + request.bytes, 0);
  for (; bytes > REQUEST_BYTES_KEPT; from += 1) bytes -= requests[from]?.bytes ?? bytes;
  return from === 0 ? requests : requests.slice(from);
}
