/** The fields of a fleet in lists. */
import type { FleetTold } from '../../contract/fleet';
import { usageField } from '../lib/turn/usage';
import type { FleetState } from './state';

/** The revision, the state of the last change, the number of agents that the fleet owns, and the usage of ended ones. */
export function fleetTold({ revision, change, agents, usage }: FleetState): FleetTold {
  const state = change === null ? null : change.view.state === 'running' ? 'changing' : change.view.state;
  return { revision, state, agents: Object.keys(agents).length, ...usageField(usage?.left) };
}

/**
 * Whether a fleet never came into being: its changes were rolled back or refused, and it owns nothing. Lists
 * leave it out; its workflow lives on for the next apply.
 */
export function isGhost({ state, agents }: FleetTold): boolean {
  return agents === 0 && (state === null || state === 'rolled_back' || state === 'failed');
}
