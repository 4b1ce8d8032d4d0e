/** The single timer of an agent: what time alone changes, and when it does so next. */
import { isActive, isAlive, isUp, isAtRest } from './lifecycle';
import { type AgentState } from './state';
import { advance, subscriptionDue } from './subscription/switch';
import { excuseSilence, livenessAt, livenessDue } from './liveness/liveness';
import { probeNow } from './liveness/probes';
import { turnsDue } from './turns/actions';

/** The state at `now` if nothing else happened; the same object when nothing is due. */
export function tick(state: AgentState, now: number): AgentState {
  return advance(withLiveness(state, now), now);
}

function withLiveness(before: AgentState, now: number): AgentState {
  const state = excuseSilence(before, now);
  // The provider knows at once whether the process survived while Drover was down.
  if (state !== before) return probeNow({ ...state, liveness: livenessAt(state, now) }, now);
  const liveness = livenessAt(state, now);
  if (liveness === state.liveness) return state;
  const next = { ...state, liveness };
  return liveness === 'offline' ? probeNow(next, now) : next;
}

/**
 * When `tick` changes something next, in epoch milliseconds after `now`; null: only a message or an
 * effect can.
 */
export function nextDue(state: AgentState, now: number): number | null {
  const dues = [
    livenessDue(state),
    turnsDue(state),
    state.retryAt,
    restartDue(state),
    drainDue(state),
    probeDue(state),
    subscriptionDue(state),
  ];
  // Everything due by now is done, or waits for the effect in progress.
  const later = dues.filter((due) => due !== null).filter((due) => due > now);
  return later.length === 0 ? null : Math.min(...later);
}

function restartDue(state: AgentState): number | null {
  return isAtRest(state) && isActive(state) ? state.restartAt : null;
}

function drainDue(state: AgentState): number | null {
  return isUp(state) && state.turns.inFlight.length > 0 ? state.drainUntil : null;
}

function probeDue(state: AgentState): number | null {
  return isAlive(state) ? state.probeAt : null;
}
