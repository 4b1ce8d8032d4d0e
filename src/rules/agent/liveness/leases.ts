/**
 * The signals of gateways and leases to an agent (docs/lifecycle.md, "Leases"). Ages travel, not times of
 * other machines: each age is subtracted from the agent's own clock, `now` in epoch milliseconds.
 */
import type { AgentSilent, LeaseLost } from '../../../contract/lease';
import { isAtRest, isUp } from '../lifecycle';
import type { AgentState } from '../state';
import type { Instance } from '../instance';
import { isHeld, isHeldBy, isOld, withHolder, withoutLease } from './holders';
import { offlineAt } from './liveness';
import { probeNow } from './probes';

/**
 * The agent has not beaten at a gateway for its `staleAfter`: this gateway no longer vouches. With no
 * other one left the agent is offline if the silence is long enough; the gateway has listened,
 * so it need not be asked (rule 10). The same object for an older message, and for another instance than
 * the one that the gateway vouches for.
 */
export function applySilent(
  state: AgentState,
  { lease, instanceId, n, silentForMs }: AgentSilent,
  now: number,
): AgentState {
  const { instance } = state;
  if (isAtRest(state) || isOld(instance, lease, n)) return state;
  const isPresent = instanceId === instance.id;
  // A gateway keeps one instance of an agent: with a newer one, whose beat was lost, it no longer vouches for this one.
  if (!isPresent && !isHeldBy(instance, lease)) return state;
  const silent = withHolder(instance, { lease, n, says: 'silent' });
  const after = { ...state, instance: isPresent ? proven(silent, now - silentForMs) : silent };
  if (isHeld(after) || !isUp(after) || after.liveness === 'offline') return after;
  const due = offlineAt(after);
  return due === null || now < due ? after : probeNow({ ...after, liveness: 'offline' }, now);
}

/** A lease has run out: its gateway no longer vouches. The last proof is the last renewal. */
export function applyLeaseLost(state: AgentState, { lease, renewedAgoMs }: LeaseLost, now: number): AgentState {
  if (isAtRest(state)) return state;
  const { instance } = state;
  const vouched = isHeldBy(instance, lease);
  const after = withoutLease(instance, lease);
  if (after === instance) return state;
  return { ...state, instance: vouched ? proven(after, now - renewedAgoMs) : after };
}

/** A proof moves the clock of staleness on, never back. Before the first beat nothing is proven. */
function proven(instance: Instance, at: number): Instance {
  const { lastProofAt, lastBeatAt } = instance;
  return {
    ...instance,
    lastProofAt: lastProofAt === null ? null : Math.max(lastProofAt, at),
    lastBeatAt: lastBeatAt === null ? null : Math.max(lastBeatAt, at),
  };
}
