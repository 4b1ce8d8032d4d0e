/**
 * Decides what to do with an agent's turns: start, cancel, answer, tell. The workflow then does it
 * (workflows/agent/turns.ts).
 */
import { isActive, isPaused, isPending, isSuspended, isUp, isAtRest } from '../lifecycle';
import type { TurnOutcome } from '../../../contract/agent/turns';
import { type AgentState, isAvailable } from '../state';
import type { QueuedTurn } from './state';
import { crashedOut, isSuspect } from './crashes';
import { dueAt, reading, setRunning } from './paused-clock';
import { blocksTurns } from '../subscription/state';
import { DroverError } from '../../../contract/errors';
import { unavailability } from '../why';
import { beginTurn, closedFor, finishTurn, limitOf, notTaken, usedBy, withTurns } from './queue';

/**
 * Why a turn in flight is cancelled: its limit, its branch, a lost instance, or an agent that
 * ended.
 */
export type CancelReason = 'timeout' | 'withdrawn' | 'lost' | 'closed';

/** One action on a turn. `tell` informs the branch that its turn is suspended or not. */
export type TurnAction =
  | { readonly kind: 'start'; readonly turn: QueuedTurn }
  | { readonly kind: 'cancel'; readonly turnId: string; readonly reason: CancelReason }
  | { readonly kind: 'answer'; readonly turn: QueuedTurn; readonly outcome: TurnOutcome }
  | { readonly kind: 'tell'; readonly turn: QueuedTurn; readonly suspended: boolean };

/**
 * The new state, and the actions in order. `mayStart` is false while continue-as-new is overdue: no
 * turn starts then.
 */
export function turnActions(
  before: AgentState,
  now: number,
  mayStart: boolean,
): { readonly state: AgentState; readonly actions: readonly TurnAction[] } {
  const actions: TurnAction[] = cancellations(before, now, mayStart);
  let state = markOverLimit(before, actions);
  for (const turn of before.turns.waiting) {
    const outcome = outcomeOfWaiting(before, turn, now);
    if (outcome === null) continue;
    state = finishTurn(state, turn.turnId, outcome);
    actions.push({ kind: 'answer', turn, outcome });
  }
  if (mayStart) {
    for (const { turnId } of startable(state, now)) {
      state = beginTurn(state, turnId, now);
      const turn = state.turns.inFlight.find((candidate) => candidate.turnId === turnId);
      if (turn !== undefined) actions.push({ kind: 'start', turn });
    }
  }
  return withNotices(state, actions);
}

function cancellations(state: AgentState, now: number, mayWait: boolean): TurnAction[] {
  return state.turns.inFlight.flatMap((turn): TurnAction[] => {
    const reason = cancelReason(state, turn, now) ?? (blocksContinueAsNew(state, mayWait) ? 'lost' : null);
    return reason === null ? [] : [{ kind: 'cancel', turnId: turn.turnId, reason }];
  });
}

/** Marks the turns that are cancelled at their limit, which a late look at the clock does not excuse. */
function markOverLimit(state: AgentState, actions: readonly TurnAction[]): AgentState {
  const over = new Set(
    actions.flatMap((action) => (action.kind === 'cancel' && action.reason === 'timeout' ? [action.turnId] : [])),
  );
  const isNew = state.turns.inFlight.some((turn) => over.has(turn.turnId) && turn.overLimit !== true);
  if (!isNew) return state;
  const inFlight = state.turns.inFlight.map((turn) =>
    over.has(turn.turnId) ? { ...turn, overLimit: true as const } : turn,
  );
  return withTurns(state, { inFlight });
}

function cancelReason(state: AgentState, turn: QueuedTurn, now: number): CancelReason | null {
  if (state.turns.withdrawn.includes(turn.turnId)) return 'withdrawn';
  if (isAtRest(state)) return closedFor(state) === null ? 'lost' : 'closed';
  return usedBy(state.turns, turn, now) >= limitOf(state, turn) ? 'timeout' : null;
}

/**
 * A suspended agent's turns would delay continue-as-new for the whole pause, so they are repeated
 * after it.
 */
function blocksContinueAsNew(state: AgentState, mayWait: boolean): boolean {
  return !mayWait && isSuspended(state);
}

/** The answer to a waiting turn that must not wait any longer; null while it may wait. */
function outcomeOfWaiting(state: AgentState, turn: QueuedTurn, now: number): TurnOutcome | null {
  const closed = closedFor(state);
  const ended = (error: DroverError): TurnOutcome =>
    turn.attempt === 0 ? notTaken(state, error) : { error: { code: error.code, message: error.message } };
  if (closed !== null) return ended(closed);
  const crashed = crashedOut(state, turn);
  if (crashed !== null) return crashed;
  const limit = state.settings.turns.unavailableTimeoutMs;
  const waited = reading(state.turns.unavailable, now) - turn.waitingFrom;
  const refused = turn.refusedFrom === null ? 0 : reading(state.turns.working, now) - turn.refusedFrom;
  if (waited < limit && refused < limit) return null;
  const how = refused >= limit ? (turn.lastError ?? 'has refused connections') : unavailability(state);
  const message = `${state.fleet}/${state.agent} ${how} for ${String(Math.round(limit / 1000))} s`;
  return ended(new DroverError('AgentUnavailable', message));
}

function startable(state: AgentState, now: number): readonly QueuedTurn[] {
  const free = state.settings.turns.maxParallel - state.turns.inFlight.length;
  if (free <= 0 || !isAvailable(state)) return [];
  const due = state.turns.waiting.filter((turn) => turn.notBefore === null || now >= turn.notBefore);
  if (state.turns.inFlight.some(isSuspect)) return [];
  const suspect = due.find(isSuspect);
  if (suspect === undefined) return due.slice(0, free);
  // It is asked alone: the turns in flight end first.
  return state.turns.inFlight.length === 0 ? [suspect] : [];
}

/**
 * The waiting turns of a paused agent are suspended, and those in flight once the process is
 * suspended.
 */
function withNotices(
  state: AgentState,
  actions: TurnAction[],
): { readonly state: AgentState; readonly actions: readonly TurnAction[] } {
  const paused = isPaused(state);
  const tell =
    (suspended: boolean) =>
    (turn: QueuedTurn): QueuedTurn => {
      if (turn.suspended === suspended) return turn;
      actions.push({ kind: 'tell', turn, suspended });
      return { ...turn, suspended };
    };
  const waiting = state.turns.waiting.map(tell(paused));
  const inFlight = state.turns.inFlight.map(tell(paused && isSuspended(state)));
  const told = actions.some(({ kind }) => kind === 'tell');
  return { state: told ? withTurns(state, { waiting, inFlight }) : state, actions };
}

/** Starts and stops the clocks of the turns as the state requires. */
export function withClocks(state: AgentState, now: number): AgentState {
  const { turns } = state;
  const working = setRunning(turns.working, !isSuspended(state), now);
  const unavailable = setRunning(turns.unavailable, isUnavailable(state), now);
  if (working === turns.working && unavailable === turns.unavailable) return state;
  return withTurns(state, { working, unavailable });
}

/**
 * Whether the agent should work and cannot. A drain before a restart or a new credential does not
 * count.
 */
function isUnavailable(state: AgentState): boolean {
  if (!isPending(state) && !isActive(state)) return false;
  if ((state.restarting !== null || blocksTurns(state.switches)) && isUp(state)) return false;
  return !isAvailable(state);
}

/** When time alone makes the next action due; null: never. */
export function turnsDue(state: AgentState): number | null {
  const { turns, settings } = state;
  const dues = turns.inFlight.map((turn) =>
    dueAt(turns.working, (turn.startedAt ?? 0) + limitOf(state, turn) - turn.used),
  );
  for (const turn of turns.waiting) {
    dues.push(dueAt(turns.unavailable, turn.waitingFrom + settings.turns.unavailableTimeoutMs), turn.notBefore);
    if (turn.refusedFrom !== null)
      dues.push(dueAt(turns.working, turn.refusedFrom + settings.turns.unavailableTimeoutMs));
  }
  const known = dues.filter((due) => due !== null);
  return known.length === 0 ? null : Math.min(...known);
}
