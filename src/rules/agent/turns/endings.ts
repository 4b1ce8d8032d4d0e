/** What the end of a turn's activity means for the turn: answered, asked again, or forgotten. */
import type { ErrorBody } from '../../../contract/errors';
import { kindOfText } from '../../../contract/failure/text';
import type { FailureReport, SubscriptionFailure } from '../../../contract/agent/subscription';
import type { TurnOutcome } from '../../../contract/agent/turns';
import type { AgentState, QueuedTurn } from '../state';
import { isRecord } from '../../lib/parse';
import { probeNow } from '../probes';
import type { CancelReason } from './actions';
import { askAnew, closedFor, dropTurn, finishTurn, limitOf, refusedTurn, requeueTurn } from './queue';

/** How the activity ended. `failure`: of the credential it was taken with. `cannotReach`: nobody answered at the agent's endpoint, or the worker was lost. */
export type TurnEnding =
  | { readonly kind: 'outcome'; readonly outcome: TurnOutcome; readonly failure?: SubscriptionFailure }
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
  if (ending.kind === 'outcome' && reason === null && isAskedAnew(state, turn, ending.failure)) {
    return { state: askAnew(state, turnId, now), answer: null };
  }
  const answer =
    ending.kind === 'outcome' ? ending.outcome : { error: errorFor(state, ending.error, reason, limitOf(state, turn)) };
  return { state: finishTurn(state, turnId, answer), answer };
}

/** Whether it failed with its credential, and another one may do better. */
function isAskedAnew(state: AgentState, turn: QueuedTurn, failure: SubscriptionFailure | undefined): boolean {
  const { subscription } = state.config.spec;
  const isFailed = failure !== undefined && failure.kind !== 'other' && turn.on !== null;
  const isClosed = closedFor(state) !== null;
  return isFailed && !turn.askedAnew && !isClosed && subscription !== undefined && subscription.autoSwitch !== false;
}

/** What the end of a turn says of the credential it was taken with, as a report; null: nothing. */
export function failureReport(state: AgentState, turnId: string, ending: TurnEnding): FailureReport | null {
  const turn = state.turns.inFlight.find((candidate) => candidate.turnId === turnId);
  if (ending.kind === 'error' || ending.failure === undefined || !turn?.on) return null;
  // Words again, on a second credential: they may well be the task's own, so they take no further one.
  if (turn.askedAnew && isByWordsAlone(ending.outcome, ending.failure)) return null;
  return { subscription: turn.on.name, assignment: turn.on.assignment, ...ending.failure, turnId };
}

/** Whether the agent answered, and nothing but the text of its error speaks of the credential. */
function isByWordsAlone(outcome: TurnOutcome, failure: SubscriptionFailure): boolean {
  if (!('reply' in outcome) || failure.resetAt !== undefined || !isRecord(outcome.reply)) return false;
  const { action, error } = outcome.reply;
  return action === 'fail' && typeof error === 'string' && kindOfText(error) === failure.kind;
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
