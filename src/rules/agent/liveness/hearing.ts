/**
 * Decides whether the beats of a silent agent could reach Drover (docs/lifecycle.md, "Liveness",
 * 10). Before an agent with a gateway counts as offline, the gateway is asked: time without a
 * gateway that receives and forwards beats does not count.
 */
import { isUp } from '../lifecycle';
import { hasLostLease } from './holders';
import { isUnasked, offlineAt } from './liveness';
import { probeNow } from './probes';
import type { AgentState } from '../state';

/**
 * The gateway's answer: for how long it has been receiving and forwarding beats, in milliseconds;
 * null: it does not answer. Below zero: it vouches for the agent's beats for that long from now on,
 * as the gateway of `drover/testing` does, which knows when its agents fall silent.
 */
export interface Hearing {
  readonly listeningMs: number | null;
}

/**
 * How long silence is excused while no gateway answers. A restarting gateway is back by then;
 * afterwards the agent counts as offline.
 */
const UNHEARD_MAX_MS = 10 * 60_000;

/** Whether the silence has lasted so long that the gateway must be asked now. */
export function mustAskGateway(state: AgentState, now: number): boolean {
  if (!isUp(state) || state.liveness === 'offline') return false;
  const due = offlineAt(state);
  return due !== null && now >= due && isUnasked(state, due);
}

/**
 * The state after the gateway's answer. The silence begins when the gateway began to listen; if
 * that changes nothing, the silence is confirmed.
 */
export function afterHearing(state: AgentState, { listeningMs }: Hearing, now: number): AgentState {
  if (!mustAskGateway(state, now)) return state;
  const due = offlineAt(state);
  if (listeningMs === null) {
    const unheardFrom = state.unheardFrom ?? now;
    // A lease that has run out has waited for its gateway already.
    if (hasLostLease(state) || now - unheardFrom >= UNHEARD_MAX_MS) return { ...state, gatewayAskedFor: due };
    // The provider knows without a gateway whether the process runs.
    return probeNow({ ...state, silenceFrom: now, unheardFrom }, now);
  }
  const silenceFrom = Math.max(state.silenceFrom ?? 0, now - listeningMs);
  const heard: AgentState = { ...state, silenceFrom, unheardFrom: null };
  const later = offlineAt(heard);
  return later !== null && later > now ? heard : { ...heard, gatewayAskedFor: later };
}
