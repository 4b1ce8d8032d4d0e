/** Begins a switch, and writes its progress into the agent's state. */
import type { FailureObserved } from '../../../contract/pool';
import type { AgentState } from '../state';
import type { Switch, SwitchKind, SubscriptionState } from './state';

/** The state with this switch. */
export function withSwitch(state: AgentState, switching: Switch): AgentState {
  return withSwitches(state, { switching });
}

/** The state with some fields of `switches` replaced. */
export function withSwitches(state: AgentState, parts: Partial<SubscriptionState>): AgentState {
  return { ...state, switches: { ...state.switches, ...parts } };
}

/** The agent's name at pools: `fleet/agent`. */
export function nameOf({ fleet, agent }: Pick<AgentState, 'fleet' | 'agent'>): string {
  return `${fleet}/${agent}`;
}

/** Begins a switch with a request to the pool. `failed` is the failure that the request reports. */
export function beginAsking(
  state: AgentState,
  pool: string,
  kind: SwitchKind,
  failed: FailureObserved | null,
  now: number,
): AgentState {
  const asked = state.switches.asked + 1;
  const requestId = `${nameOf(state)}.${state.config.key}.${String(asked)}`;
  const begun = newSwitch(state, pool, kind, requestId);
  return withSwitches(state, { switching: { ...begun, failed, askAt: now }, asked });
}

/** A switch without a request to the pool. */
export function newSwitch(state: AgentState, pool: string, kind: SwitchKind, requestId: string): Switch {
  return {
    pool,
    requestId,
    kind,
    step: 'asking',
    from: state.subscription,
    to: null,
    askAt: null,
    eventsInWindow: 0,
    drainUntil: null,
    apply: 'hot',
    failed: null,
    again: null,
    newer: null,
  };
}
