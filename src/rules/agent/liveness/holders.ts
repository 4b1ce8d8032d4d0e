/**
 * The gateways that vouch for an agent's instance (docs/lifecycle.md, "Leases"). A gateway numbers
 * its messages to an agent, so messages that are lost, repeated or out of order change nothing.
 */
import { MOST_HOLDERS } from '../../../contract/lease';
import { leaseOfId } from '../../../contract/names';
import type { AgentState } from '../state';
import type { Holder, Instance } from '../instance';

/** Whether a gateway vouches for the agent: it beats there, and the gateway tells when it stops. */
export function isHeld({ instance }: Pick<AgentState, 'instance'>): boolean {
  return instance.holders.some(({ says }) => says === 'vouches');
}

/** Whether a lease that vouched for its instance has run out. */
export function hasLostLease({ instance }: AgentState): boolean {
  return instance.holders.some(({ says }) => says === 'lost');
}

/** The field `heldBy` of a view, only where a gateway vouches. */
export function heldByField({ holders }: Instance): { readonly heldBy?: readonly string[] } {
  const leases = holders.filter(({ says }) => says === 'vouches').map(({ lease }) => lease);
  return leases.length === 0 ? {} : { heldBy: leases };
}

/**
 * The instance after a beat: with the lease that it names, the same without one, or null for an
 * older message of the same gateway.
 */
export function vouchedFor(
  instance: Instance,
  { lease, n }: { readonly lease?: string; readonly n?: number },
): Instance | null {
  if (lease === undefined || n === undefined) return instance;
  if (isOld(instance, lease, n)) return null;
  const isLost = instance.holders.some((holder) => holder.lease === lease && holder.says === 'lost');
  return withHolder(instance, { lease, n, says: isLost ? 'lost' : 'vouches' });
}

/** Whether the gateway of this lease has sent a newer message, or this one before. */
export function isOld({ holders }: Instance, lease: string, n: number): boolean {
  const known = holders.find((holder) => isSameGateway(holder.lease, lease));
  return known !== undefined && n <= known.n;
}

/**
 * The instance after the end of a lease. A later lease of the same gateway goes on vouching; the
 * same object where nothing changes.
 */
export function withoutLease(instance: Instance, lease: string): Instance {
  const known = instance.holders.find((holder) => isSameGateway(holder.lease, lease));
  if (known?.says === 'lost' && known.lease === lease) return instance;
  if (known !== undefined && isLater(known.lease, lease)) return instance;
  return withHolder(instance, { lease, n: known?.n ?? 0, says: 'lost' });
}

/** What the gateway says now. Beyond the limit tombstones are forgotten first, the oldest first. */
export function withHolder(instance: Instance, said: Holder): Instance {
  const others = instance.holders.filter(({ lease }) => !isSameGateway(lease, said.lease));
  if (others.length < MOST_HOLDERS) return { ...instance, holders: [...others, said] };
  const forgotten = others.find(({ says }) => says !== 'vouches') ?? others[0];
  return { ...instance, holders: [...others.filter((holder) => holder !== forgotten), said] };
}

function isSameGateway(one: string, other: string): boolean {
  return leaseOfId(one)?.instance === leaseOfId(other)?.instance;
}

/** Whether the first lease began after the second one, of the same gateway, or is another shard of it. */
function isLater(one: string, other: string): boolean {
  const [first, second] = [leaseOfId(one), leaseOfId(other)];
  if (first === null || second === null) return false;
  return first.shard !== second.shard || first.epoch > second.epoch;
}
