/** Presents an agent's turns: those in flight, then its queue in order. */
import type { OpenTurn } from '../../../contract/agent/open-turn';
import type { AgentState } from '../state';
import type { QueuedTurn } from './state';

/** The most turns of one view; `turns.queued` counts all. */
const MOST_SHOWN = 50;

/** The first 50 turns of an agent. */
export function openTurns({ turns: { inFlight, waiting } }: AgentState): OpenTurn[] {
  return [
    ...inFlight.map((turn) => shown(turn, 'in_flight', 0)),
    ...waiting.map((turn, index) => shown(turn, 'queued', inFlight.length + index)),
  ].slice(0, MOST_SHOWN);
}

function shown(turn: QueuedTurn, state: OpenTurn['state'], before: number): OpenTurn {
  const { turnId, request, attempt, arrivedAt, begunAt, notBefore, lastError } = turn;
  return {
    turnId,
    run: request.run,
    branch: request.branch,
    state,
    attempt,
    since: new Date(arrivedAt).toISOString(),
    startedAt: begunAt === null ? null : new Date(begunAt).toISOString(),
    askAgainAt: notBefore === null ? null : new Date(notBefore).toISOString(),
    before,
    error: lastError,
  };
}
