/**
 * The gateways that vouch for an agent's instance (docs/lifecycle.md, "Leases"). A gateway numbers
 * its messages to an agent, so messages that are lost, repeated or out of order change nothing.
 */
import type { ForwardedHeartbeat } from '../../../contract/agent';
import { MOST_HOLDERS } from '../../../contract/lease';
import { leaseOfId, leaseWorkflowId } from '../../../contract/names';
import type { AgentState } from '../state';
import type { Holder, Instance } from '../instance';

/** Whether a gateway vouches for the agent: it beats there, and the gateway tells when it stops. */
export function isHeld({ instance }: Pick<AgentState, 'instance'>): boolean {
  return instance.holders.some(({ says }) => says === 'vouches');
}

/** Whether this lease is one of those that vouch for the instance. */
export function isHeldBy({ holders }: Instance, lease: string): boolean {
  return holders.some((holder) => holder.lease === lease && holder.says === 'vouches');
}

/** Whether a lease that vouched for its instance has run out. */
export function hasLostLease({ instance }: AgentState): boolean {
  return instance.holders.some(({ says }) => says === 'lost');
}

/** The field `heldBy` of a view, only if a gateway vouches. */
export function heldByField({ holders }: Instance): { readonly heldBy?: readonly string[] } {
  const leases = holders.filter(({ says }) => says === 'vouches').map(({ lease }) => lease);
  return leases.length === 0 ? {} : { heldBy: leases };
}

/** The gateway that has sent a beat, as the beat names it; undefined for a beat of a service. */
export type Sender = Pick<ForwardedHeartbeat, 'lease' | 'gateway' | 'n'>;

/** Whether the gateway has sent a newer message than this beat, also one of a later instance. */
export function isOutdated(present: Instance, sender: Sender): boolean {
  const lease = leaseOf(sender);
  return lease !== null && sender.n !== undefined && isOld(present, lease, sender.n);
}

/**
 * The instance after a beat: held by the lease that it names. A gateway that names none is only
 * remembered, so that its late beats are known; what it has said before of a lease stays.
 */
export function vouchedFor(instance: Instance, sender: Sender): Instance {
  const lease = leaseOf(sender);
  const { n } = sender;
  if (lease === null || n === undefined) return instance;
  if (sender.lease === undefined) {
    const known = instance.holders.find((holder) => isSameGateway(holder.lease, lease));
    return withHolder(instance, { lease, says: 'heard', ...known, n });
  }
  const isLost = instance.holders.some((holder) => holder.lease === lease && holder.says === 'lost');
  return withHolder(instance, { lease, n, says: isLost ? 'lost' : 'vouches' });
}

/** The lease that a beat names. A gateway without one counts as before its first. */
function leaseOf({ lease, gateway }: Sender): string | null {
  if (gateway === undefined) return lease ?? null;
  return lease ?? leaseWorkflowId({ instance: gateway, shard: 0, epoch: 0 });
}

/** Whether the gateway of this lease has sent a newer message, or this one before. */
export function isOld({ holders }: Instance, lease: string, n: number): boolean {
  const known = holders.find((holder) => isSameGateway(holder.lease, lease));
  return known !== undefined && n <= known.n;
}

/**
 * The instance after the end of a lease. A later lease of the same gateway goes on vouching; the
 * same object if nothing changes.
 */
export function withoutLease(instance: Instance, lease: string): Instance {
  const known = instance.holders.find((holder) => isSameGateway(holder.lease, lease));
  if (known?.says === 'lost' && known.lease === lease) return instance;
  if (known !== undefined && known.says !== 'heard' && isLater(known.lease, lease)) return instance;
  return withHolder(instance, { lease, n: known?.n ?? 0, says: 'lost' });
}

/** The instance with the gateway's latest message. Beyond the limit tombstones are forgotten first, the oldest first. */
export function withHolder(instance: Instance, said: Holder): Instance {
  const others = instance.holders.filter(({ lease }) => !isSameGateway(lease, said.lease));
  if (others.length < MOST_HOLDERS) return { ...instance, holders: [...others, said] };
  const forgotten = others.find(({ says }) => says !== 'vouches') ?? others[0];
  return { ...instance, holders: [...others.filter((holder) => holder !== forgotten), said] };
}

function isSameGateway(one: string, other: string): boolean {
  return gatewayOf(one) === gatewayOf(other);
}

/** The second part of a lease's workflow id, also before the first epoch. */
function gatewayOf(lease: string): string | undefined {
  return lease.split('/')[1];
}

/** Whether the first lease began after the second one, of the same gateway, or is another shard of it. */
function isLater(one: string, other: string): boolean {
  const [first, second] = [leaseOfId(one), leaseOfId(other)];
  if (first === null || second === null) return false;
  return first.shard !== second.shard || first.epoch > second.epoch;
}
