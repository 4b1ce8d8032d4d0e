/** What the end of a turn's activity means for the turn: answered, asked again, or forgotten. */
import type { ErrorBody } from '../contract/errors';
import type { TurnOutcome } from '../contract/turns';
import type { AgentState } from './agent-state';
import { probeNow } from './probes';
import type { CancelReason } from './turn-actions';
import { closedFor, dropTurn, finishTurn, limitOf, refusedTurn, requeueTurn } from './turn-queue';

/** How the activity ended. `cannotReach`: nobody answered at the agent's endpoint, or the worker was lost. */
export type TurnEnding =
  | { readonly kind: 'outcome'; readonly outcome: TurnOutcome }
  | { readonly kind: 'error'; readonly error: ErrorBody; readonly cannotReach: boolean };

/** The state after, and the answer for the branch; null where there is none (yet). `reason`: why it was cancelled, if it was. */
export function turnEnded(
  state: AgentState,
  turnId: string,
  ending: TurnEnding,
  reason: CancelReason | null,
  now: number,
): { readonly state: AgentState; readonly answer: TurnOutcome | null } {
  if (reason === 'withdrawn') return { state: dropTurn(state, turnId), answer: null };
  const turn = state.turns.inFlight.find((candidate) => candidate.turnId === turnId);
  if (turn === undefined) return { state, answer: null };
  if (ending.kind === 'error') {
    if (reason === 'lost') return { state: requeueTurn(state, turnId, now), answer: null };
    if (reason === null && ending.cannotReach) {
      return { state: probeNow(refusedTurn(state, turnId, now), now), answer: null };
    }
  }
  const answer =
    ending.kind === 'outcome' ? ending.outcome : { error: errorFor(state, ending.error, reason, limitOf(state, turn)) };
  return { state: finishTurn(state, turnId, answer), answer };
}

function errorFor(
  state: AgentState,
  error: ErrorBody,
  reason: CancelReason | null,
  limitMs: number,
): Pick<ErrorBody, 'code' | 'message'> {
  if (reason === 'timeout') {
    return {
      code: 'Timeout',
      message: `turn of ${state.fleet}/${state.agent} took longer than ${String(limitMs / 1000)} s`,
    };
  }
  const closed = reason === 'closed' ? closedFor(state) : null;
  return closed === null
    ? { code: error.code, message: error.message }
    : { code: closed.code, message: closed.message };
}
