/**
 * Whether a silent agent could have been heard (lifecycle.md, rule 10). An agent whose beats come
 * through a gateway is not offline before a gateway has been asked: the time in which none
 * listened, or could pass a beat on, counts against no agent.
 */
import { isUp } from './lifecycle';
import { isUnasked, offlineAt } from './liveness';
import { probeNow } from './probes';
import type { AgentState } from './state';

/**
 * What asking a gateway has found: for how long it has been able to hear beats, in milliseconds;
 * null: none answers.
 */
export interface Hearing {
  readonly listeningMs: number | null;
}

/**
 * For so long silence is excused in a row because no gateway answers: one that is restarted is back
 * by then. After that the agent counts as offline, as nothing is heard of it.
 */
const UNHEARD_MAX_MS = 10 * 60_000;

/** Whether the silence has lasted long enough, and the gateway is to be asked now. */
export function mustAskGateway(state: AgentState, now: number): boolean {
  if (!isUp(state) || state.liveness === 'offline') return false;
  const due = offlineAt(state);
  return due !== null && now >= due && isUnasked(state, due);
}

/**
 * The state after the answer: its silence begins with the gateway's listening, or it is what it
 * seems.
 */
export function afterHearing(state: AgentState, { listeningMs }: Hearing, now: number): AgentState {
  if (!mustAskGateway(state, now)) return state;
  const due = offlineAt(state);
  if (listeningMs === null) {
    const unheardFrom = state.unheardFrom ?? now;
    if (now - unheardFrom >= UNHEARD_MAX_MS) return { ...state, gatewayAskedFor: due };
    // What has become of its process, the provider knows without a gateway.
    return probeNow({ ...state, silenceFrom: now, unheardFrom }, now);
  }
  const silenceFrom = Math.max(state.silenceFrom ?? 0, now - listeningMs);
  const heard: AgentState = { ...state, silenceFrom, unheardFrom: null };
  const later = offlineAt(heard);
  return later !== null && later > now ? heard : { ...heard, gatewayAskedFor: later };
}
