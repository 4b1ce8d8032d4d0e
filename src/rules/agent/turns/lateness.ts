/**
 * Excuses turns for the time in which no worker ran their agent's workflow: a turn that its agent
 * finished in that time is not over its limit, and the next attempt receives the answer.
 */
import { isLate } from '../../lib/late';
import type { AgentState } from '../state';
import type { QueuedTurn } from './state';
import { limitOf, withTurns } from './queue';
import { dueAt, reading } from './paused-clock';

/**
 * The least that a turn has left then, in milliseconds. The server notices the lost attempt within
 * its heartbeat timeout (20 s), and the next one asks within 2 s; the rest is for a busy machine.
 */
export const SERVED_AGAIN_MS = 30_000;

/**
 * When a limit has passed unnoticed for more than seconds, no worker was there: the time since the
 * last sign of one does not count. The same object when nothing is late.
 */
export function excuseTurns(state: AgentState, now: number): AgentState {
  const inFlight = state.turns.inFlight.map((turn) => excuseWork(state, turn, now));
  const waiting = state.turns.waiting.map((turn) => excuseWait(state, turn, now));
  const isSame = [...inFlight, ...waiting].every(
    (turn, index) => turn === [...state.turns.inFlight, ...state.turns.waiting][index],
  );
  return isSame ? state : withTurns(state, { inFlight, waiting });
}

function excuseWork(state: AgentState, turn: QueuedTurn, now: number): QueuedTurn {
  const { working } = state.turns;
  const limit = limitOf(state, turn);
  const startedAt = turn.startedAt ?? 0;
  const due = dueAt(working, startedAt + limit - turn.used);
  if (turn.overLimit === true || due === null || !isLate(due, now)) return turn;
  const served = Math.min(due, Math.max(turn.begunAt ?? 0, state.instance.lastBeatAt ?? 0));
  const spent = turn.used + reading(working, served) - startedAt;
  const left = Math.max(limit - Math.max(0, spent), SERVED_AGAIN_MS);
  // A limit that is shorter than this begins later.
  return { ...turn, used: Math.max(0, limit - left), startedAt: reading(working, now) + Math.max(0, left - limit) };
}

/** A waiting turn waits from now on, as the agent could not come back. */
function excuseWait(state: AgentState, turn: QueuedTurn, now: number): QueuedTurn {
  const { working, unavailable } = state.turns;
  const limit = state.settings.turns.unavailableTimeoutMs;
  const offline = dueAt(unavailable, turn.waitingFrom + limit);
  const refused = turn.refusedFrom === null ? null : dueAt(working, turn.refusedFrom + limit);
  const isOfflineLate = offline !== null && isLate(offline, now);
  const isRefusedLate = refused !== null && isLate(refused, now);
  if (!isOfflineLate && !isRefusedLate) return turn;
  return {
    ...turn,
    ...(isOfflineLate && { waitingFrom: reading(unavailable, now) }),
    ...(isRefusedLate && { refusedFrom: reading(working, now) }),
  };
}
