/** Beginning a switch, and writing its progress into the agent's state. */
import type { FailureObserved } from '../../../contract/pool';
import type { AgentState } from '../state';
import type { Switch, SwitchKind, SubscriptionState } from './state';

/** The state with its switch at another step. */
export function withSwitch(state: AgentState, switching: Switch): AgentState {
  return withSwitches(state, { switching });
}

/** The state with parts of its subscription's workings replaced. */
export function withSwitches(state: AgentState, parts: Partial<SubscriptionState>): AgentState {
  return { ...state, switches: { ...state.switches, ...parts } };
}

/** How pools know the agent: `fleet/agent`. */
export function nameOf({ fleet, agent }: Pick<AgentState, 'fleet' | 'agent'>): string {
  return `${fleet}/${agent}`;
}

const MOVE = 'moved.';

/** The request that a pool makes for an agent whose credential is gone or another one now. */
export function moveId(agent: string, assignment: number): string {
  return `${MOVE}${agent}.${String(assignment)}`;
}

/** Whether the pool itself has made the request. */
export function isMove(requestId: string): boolean {
  return requestId.startsWith(MOVE);
}

/** A switch that begins by asking the pool. `failed`: what the pool is told with it. */
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

/** A switch that nobody has been asked for. */
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
