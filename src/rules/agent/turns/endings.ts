/** Decides the effect of a turn's end: an answer, a repeat, or nothing. */
import type { ErrorBody } from '../../../contract/errors';
import { kindOfText } from '../../../contract/failure/text';
import type { FailureReport, SubscriptionFailure } from '../../../contract/agent/subscription';
import type { TurnOutcome, TurnRetry } from '../../../contract/agent/turns';
import type { AgentState } from '../state';
import type { QueuedTurn } from './state';
import { isRecord } from '../../lib/parse';
import { replyParts } from '../../lib/turn/reply-extras';
import { addTurn, usageField } from '../../lib/turn/usage';
import { decisionsOf, withDecision } from '../decisions';
import { oneLine, SHORT_BYTES } from '../../../contract/text';
import { probeNow } from '../liveness/probes';
import type { CancelReason } from './actions';
import { sessionIn, withSession } from '../session';
import { retried } from './retry';
import { closedFor, dropTurn, finishTurn, limitOf } from './queue';
import { retryOnNewCredential, refusedTurn, requeueTurn } from './repeat';

/**
 * How the activity ended. `failure` is the failure of the turn's credential. `cannotReach`: the
 * agent's endpoint did not answer, or the worker was lost.
 */
export type TurnEnding =
  | {
      readonly kind: 'outcome';
      readonly outcome: TurnOutcome;
      readonly failure?: SubscriptionFailure;
      readonly retry?: TurnRetry;
    }
  | { readonly kind: 'error'; readonly error: ErrorBody; readonly cannotReach: boolean };

/**
 * The new state, and the answer for the branch or null. `reason` says why the turn was cancelled,
 * if it was.
 */
export function turnEnded(
  before: AgentState,
  turnId: string,
  ending: TurnEnding,
  reason: CancelReason | null,
  now: number,
): { readonly state: AgentState; readonly answer: TurnOutcome | null } {
  if (reason === 'withdrawn') return { state: dropTurn(before, turnId), answer: null };
  const turn = before.turns.inFlight.find((candidate) => candidate.turnId === turnId);
  if (turn === undefined) return { state: before, answer: null };
  const state = ending.kind === 'error' ? before : withSession(before, sessionIn(ending.outcome));
  if (ending.kind === 'error') {
    if (reason === 'lost') return { state: requeueTurn(state, turnId, now), answer: null };
    if (reason === null && ending.cannotReach) {
      const broke = ending.error.details?.['broke'] === true;
      return { state: probeNow(refusedTurn(state, turnId, reasonOf(ending.error), broke, now), now), answer: null };
    }
  }
  if (ending.kind === 'outcome' && reason === null && mayRetryOnNewCredential(state, turn, ending.failure)) {
    const lastError = `failed with its credential (${ending.failure?.kind ?? 'other'})`;
    return { state: retryOnNewCredential(state, turnId, lastError, now), answer: null };
  }
  const answer =
    ending.kind === 'outcome' ? ending.outcome : { error: errorFor(state, ending.error, reason, limitOf(state, turn)) };
  const again = retryOf(ending, reason);
  const repeated = again && retried(state, turn, again, whyFailed(answer), now);
  if (repeated) return { state: repeated, answer: null };
  return { state: withExtras(finishTurn(state, turnId, answer), answer, now), answer };
}

/** Why the turn may be asked again; null: it succeeded, or nothing can help. */
function retryOf(ending: TurnEnding, reason: CancelReason | null): TurnRetry | null {
  if (ending.kind === 'error') return reason === 'timeout' ? { on: 'timeout' } : null;
  return reason === null ? (ending.retry ?? null) : null;
}

function whyFailed(answer: TurnOutcome): string {
  if ('error' in answer) return answer.error.message;
  const { reply } = answer;
  return isRecord(reply) && typeof reply['error'] === 'string' ? `failed: ${reply['error']}` : 'failed';
}

/** The decision that records what was ignored in a reply. */
const IGNORED = 'reply with parts that are ignored';

/**
 * The state with what a reply reports beside its action. The same warning again would only push
 * other decisions out of the log.
 */
function withExtras(state: AgentState, answer: TurnOutcome, now: number): AgentState {
  if (!('reply' in answer)) return state;
  const { usage, warnings } = replyParts(answer.reply);
  const counted = { ...state, ...usageField(addTurn(state.usage, usage)) };
  const why = warnings.join('; ');
  const isKnown =
    why === '' || decisionsOf(state.log).some(({ what, why: known }) => what === IGNORED && known === why);
  return isKnown ? counted : withDecision(counted, counted, { by: 'agent', what: IGNORED, why }, now);
}

/** Why the agent did not take the turn, in one line: what it answered, or why it was not reached. */
function reasonOf({ code, message, details }: ErrorBody): string {
  const why = details?.['why'];
  const text =
    typeof why === 'string' ? why : code === 'AgentUnavailable' ? message : `did not finish the call (${message})`;
  return oneLine(text, SHORT_BYTES);
}

/** Whether the turn failed because of its credential, and another credential may help. */
function mayRetryOnNewCredential(
  state: AgentState,
  turn: QueuedTurn,
  failure: SubscriptionFailure | undefined,
): boolean {
  const { subscription } = state.config.spec;
  const isFailed = failure !== undefined && failure.kind !== 'other' && turn.on !== null;
  const isClosed = closedFor(state) !== null;
  return isFailed && !turn.askedAnew && !isClosed && subscription !== undefined && subscription.autoSwitch !== false;
}

/** The report of a failed credential that the end of a turn shows; null: none. */
export function failureReport(state: AgentState, turnId: string, ending: TurnEnding): FailureReport | null {
  const turn = state.turns.inFlight.find((candidate) => candidate.turnId === turnId);
  if (ending.kind === 'error' || ending.failure === undefined || !turn?.on) return null;
  // The same words on a second credential are most likely the task's own, so they skip no
  // credential.
  if (turn.askedAnew && isByWordsAlone(ending.outcome, ending.failure)) return null;
  return { subscription: turn.on.name, assignment: turn.on.assignment, ...ending.failure, turnId };
}

/** Whether only the text of the agent's error shows the credential's failure. */
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
