/** Puts a turn in flight back into the queue: its agent was lost, refused it, or failed (docs/coordination.md, "Who takes the turn"). */
import type { AgentState } from '../state';
import type { QueuedTurn } from './state';
import { reading } from './paused-clock';
import { usedBy, withTurns, without } from './queue';

/** The longest backoff after a refused connection. */
const REFUSED_WAIT_MAX_MS = 15_000;

/** Repeats a turn whose instance was lost or is being restarted, ahead of the waiting ones. */
export function requeueTurn(state: AgentState, turnId: string, now: number): AgentState {
  const waitingFrom = reading(state.turns.unavailable, now);
  const lastError = 'ended or was suspended during the turn';
  return returnToQueue(state, turnId, now, () => ({ waitingFrom, refusedFrom: null, lastError }));
}

/** Repeats a turn whose credential failed, once, on another credential. */
export function retryOnNewCredential(state: AgentState, turnId: string, lastError: string, now: number): AgentState {
  const { unavailable } = state.turns;
  const waitingFrom = reading(unavailable, now);
  return returnToQueue(state, turnId, now, () => ({ waitingFrom, refusedFrom: null, askedAnew: true, lastError }));
}

/** Repeats a turn that failed, as its agent's `turns.retry` says. */
export function repeatTurn(
  state: AgentState,
  turnId: string,
  parts: Pick<QueuedTurn, 'used' | 'notBefore' | 'lastError'>,
  now: number,
): AgentState {
  const waitingFrom = reading(state.turns.unavailable, now);
  return returnToQueue(state, turnId, now, ({ repeats }) => ({
    waitingFrom,
    refusedFrom: null,
    repeats: repeats + 1,
    ...parts,
  }));
}

/**
 * Repeats a turn that its agent did not take, after a backoff. `lastError` says why, in one line.
 * `broke`: the connection was made, and broke.
 */
export function refusedTurn(
  state: AgentState,
  turnId: string,
  lastError: string,
  broke: boolean,
  now: number,
): AgentState {
  const working = reading(state.turns.working, now);
  return returnToQueue(state, turnId, now, (turn) => ({
    refusedFrom: turn.refusedFrom ?? working,
    notBefore: now + Math.min(500 * 2 ** turn.attempt, REFUSED_WAIT_MAX_MS),
    broke,
    // The reason of the crash says more than that of the connection that broke with it.
    lastError: broke && turn.crashes > 0 ? turn.lastError : lastError,
  }));
}

function returnToQueue(
  state: AgentState,
  turnId: string,
  now: number,
  parts: (turn: QueuedTurn) => Partial<QueuedTurn>,
): AgentState {
  const { turns } = state;
  const turn = turns.inFlight.find((candidate) => candidate.turnId === turnId);
  if (turn === undefined) return state;
  const { overLimit: _over, ...its } = turn;
  const again: QueuedTurn = { ...its, used: usedBy(turns, turn, now), startedAt: null, begunAt: null, ...parts(turn) };
  return withTurns(state, { waiting: [again, ...turns.waiting], inFlight: without(turns.inFlight, turnId) });
}
