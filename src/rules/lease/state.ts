/**
 * The state of a lease's workflow as one plain JSON object, and its rules. `now` is epoch
 * milliseconds.
 */
import {
  LEASE_RENEW_MS,
  LEASE_TTL_MS,
  type LeaseInput,
  type LeaseView,
  MOST_LEASE_AGENTS,
  type RenewLease,
} from '../../contract/lease';
import type { EventLog } from '../../contract/event/log';
import { leaseWorkflowId } from '../../contract/names';
import { isLate } from '../lib/late';
import { append, UNBEGUN_LOG } from '../lib/log/log';

/** The most agents that an event names. */
const MOST_NAMED = 100;

/** Everything that a lease's workflow knows. */
export interface LeaseState {
  readonly v: 1;
  readonly instance: string;
  readonly shard: number;
  readonly epoch: number;
  /** The number of the last renewal. */
  readonly n: number;
  /** The agents that the gateway vouches for, as `fleet/agent`. */
  readonly agents: readonly string[];
  readonly renewedAt: number;
  /** When it runs out without another renewal. */
  readonly dueAt: number;
  /** Why it ends; null while it lasts. */
  readonly ends: string | null;
  /** The events of it (docs/events.md): that it is lost. */
  readonly log: EventLog;
  /** For tests: continue as new after this many history events. */
  readonly continueAfterEvents: number | null;
}

/** A lease that nothing has renewed yet. */
export function newLease({ instance, shard, epoch, continueAfterEvents }: LeaseInput, now: number): LeaseState {
  return {
    v: 1,
    instance,
    shard,
    epoch,
    n: 0,
    agents: [],
    renewedAt: now,
    dueAt: now + LEASE_TTL_MS,
    ends: null,
    log: UNBEGUN_LOG,
    continueAfterEvents: continueAfterEvents ?? null,
  };
}

/**
 * The lease after a renewal; the same object for an older one, for another epoch, and for a lease
 * that ends. A lease that has other agents than its gateway thinks would not tell all of them.
 */
export function renewed(state: LeaseState, { epoch, n, joined, left, size }: RenewLease, now: number): LeaseState {
  if (state.ends !== null || epoch !== state.epoch || n <= state.n) return state;
  const agents = new Set(state.agents);
  for (const agent of left) agents.delete(agent);
  for (const agent of joined) agents.add(agent);
  const next = { ...state, n, agents: [...agents], renewedAt: now, dueAt: now + LEASE_TTL_MS };
  if (agents.size === size && size <= MOST_LEASE_AGENTS) return next;
  return ended(next, `it has ${String(agents.size)} agents, and its gateway thinks ${String(size)}`, now);
}

/**
 * The lease after its timer. A timer that comes more than 5 s late does not end it: Temporal or the
 * worker was away, so renewals could not arrive. It waits for one more.
 */
export function timePassed(state: LeaseState, now: number): LeaseState {
  if (state.ends !== null || now < state.dueAt) return state;
  if (isLate(state.dueAt, now)) return { ...state, dueAt: now + LEASE_RENEW_MS };
  return ended(state, 'its gateway has not renewed it', now);
}

/** The lease after a cancellation from outside: it ends at once, and its gateway begins the next epoch. */
export function revoked(state: LeaseState, now: number): LeaseState {
  return state.ends === null ? ended(state, 'it was cancelled', now) : state;
}

/** A lease that ends with agents is lost: they are told, and it records that. One without agents has nothing to say. */
function ended(state: LeaseState, reason: string, now: number): LeaseState {
  const { agents } = state;
  if (agents.length === 0) return { ...state, ends: reason };
  const data = { lease: leaseId(state), agents: agents.slice(0, MOST_NAMED), held: agents.length, reason };
  return { ...state, ends: reason, log: append(state.log, { type: 'lease.lost', data }, now) };
}

/** The view, without troubles. */
export function leaseView({ instance, shard, epoch, n, agents, renewedAt, ends }: LeaseState): LeaseView {
  return { instance, shard, epoch, n, agents: agents.length, renewedAt: new Date(renewedAt).toISOString(), ends };
}

/** The workflow id, by which agents know the lease. */
export function leaseId(state: LeaseState): string {
  return leaseWorkflowId(state);
}
