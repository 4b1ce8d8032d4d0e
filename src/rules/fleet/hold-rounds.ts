/** Carries the fleet's hold to its agents, in rounds until each has received it. */
import type { HoldCall } from '../../contract/activities';
import type { Hold } from '../../contract/agent';
import type { UntoldAgent } from '../../contract/fleet';
import { FLEET_HOLD, HOLD_REQUEST } from '../../contract/names';
import type { FleetState } from './state';

/**
 * Sets the fleet's own hold. Every pause sends it to all agents again, because an operator may have
 * released it on one of them. The list is new each time, so that a round in progress does not
 * count.
 */
export function holdFleet(state: FleetState, reason: string | null, since: string): FleetState {
  const isHeld = state.holds.some(({ name }) => name === FLEET_HOLD);
  const holds = isHeld ? [...state.holds] : [...state.holds, { name: FLEET_HOLD, reason, since }];
  return { ...state, holds, holdsDue: true, untold: null };
}

/** Releases the fleet's own hold; the agents receive that in the same way. */
export function releaseFleet(state: FleetState): FleetState {
  return { ...state, holds: state.holds.filter(({ name }) => name !== FLEET_HOLD), holdsDue: true, untold: null };
}

/** The agents that a hold concerns: the owned ones, and those that a running change creates. */
function agentsToHold({ agents, change }: FleetState): string[] {
  const changing = change && change.step !== 'ended' ? change.plan.map(({ agent }) => agent) : [];
  return [...new Set([...Object.keys(agents), ...changing])];
}

/** The agents that may not have the current holds. */
export function untoldAgents(state: FleetState): UntoldAgent[] {
  const agents = agentsToHold(state);
  if (state.untold === null) return agents.map((agent) => ({ agent, why: 'it has not received the holds yet' }));
  return state.untold.filter(({ agent }) => agents.includes(agent));
}

/**
 * Begins the next round, which sends the holds to the agents that lack them; `call` is null if
 * no agent does.
 */
export function nextHoldRound(state: FleetState): { readonly state: FleetState; readonly call: HoldCall | null } {
  const { fleet, incarnation, holds } = state;
  const holdRounds = state.holdRounds + 1;
  const held = holds.find(({ name }) => name === FLEET_HOLD);
  const agents = untoldAgents(state).map(({ agent, why }) => ({ agent, isTaken: why === null }));
  const call: HoldCall = {
    fleet,
    agents,
    hold: held ?? { name: FLEET_HOLD, reason: null, since: '' },
    held: held !== undefined,
    requestId: `${HOLD_REQUEST}${incarnation}.${String(holdRounds)}`,
  };
  return { state: { ...state, holdRounds }, call: agents.length === 0 ? null : call };
}

/**
 * Records the end of a round that sent `holds`. If the holds have changed since, another round
 * follows.
 */
export function recordHoldRound(state: FleetState, holds: readonly Hold[], untold: readonly UntoldAgent[]): FleetState {
  if (state.holds !== holds) return state;
  return { ...state, holdsDue: untold.length > 0, untold: untold.length > 0 ? untold : null };
}

/** Why some agents lack the holds, in a sentence; null if they only need more time. */
export function whyUntold({ fleet, untold }: FleetState): string | null {
  const refused = (untold ?? []).filter(({ why }) => why !== null);
  const [first] = refused;
  if (first === undefined) return null;
  const others = refused.length > 1 ? ` (and ${String(refused.length - 1)} more agents)` : '';
  return `${fleet}/${first.agent}${others}: ${first.why ?? ''}`;
}
