/**
 * Leases (docs/lifecycle.md, "Leases"): a gateway vouches for the agents that beat at it, so that an
 * agent that only goes on beating costs nothing.
 */
import { RENEWALS } from '../agent/beats';
import type { Trouble } from '../trouble';

/** How long a lease lasts after a renewal, in milliseconds. */
export const LEASE_TTL_MS = 60_000;
/** How often a gateway renews it, in milliseconds: two renewals may be lost. */
export const LEASE_RENEW_MS = LEASE_TTL_MS / RENEWALS;
/**
 * The most agents of one lease. Its state is then at most 520 KB, and telling them all that it has
 * run out takes 80 batches.
 */
export const MOST_LEASE_AGENTS = 4_000;
/** The most gateways that an agent's workflow remembers. */
export const MOST_HOLDERS = 8;

/** Names one lease: the process of a gateway, which of its leases, and how often it was begun. */
export interface LeaseRef {
  /** Random for each start of a gateway: 1 to 64 letters, digits or `-`. */
  readonly instance: string;
  /** Counted from 0; each holds at most `MOST_LEASE_AGENTS`. */
  readonly shard: number;
  /** Counted from 1; the next one begins when a lease is lost. */
  readonly epoch: number;
}

/** The input of a lease's first run. */
export interface LeaseInput extends LeaseRef {
  readonly v: 1;
  /** For tests: continue as new after this many history events. */
  readonly continueAfterEvents?: number;
}

/**
 * Signal `renew`, gateway to lease. Each renewal repeats every difference that the server has not
 * acknowledged. Agents are named `fleet/agent`.
 */
export interface RenewLease {
  readonly epoch: number;
  /** Grows by one with each renewal; an older one is ignored. */
  readonly n: number;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** How many agents the lease then has. If it has another number, it ends, and the gateway begins the next epoch. */
  readonly size: number;
}

/** Signal `leaseLost`, lease to agent: the gateway behind it no longer vouches. */
export interface LeaseLost {
  /** The workflow id of the lease. */
  readonly lease: string;
  /** How long ago it was renewed, in milliseconds. */
  readonly renewedAgoMs: number;
}

/** Signal `silent`, gateway to agent: the agent has not beaten at this gateway for its `staleAfter`. */
export interface AgentSilent {
  /** The workflow id of the gateway's lease. */
  readonly lease: string;
  readonly instanceId: string;
  /** Grows with every message of this gateway to this agent. */
  readonly n: number;
  readonly silentForMs: number;
}

/** The view of a lease. Times are ISO 8601 in UTC. */
export interface LeaseView extends LeaseRef {
  /** The number of the last renewal. */
  readonly n: number;
  readonly agents: number;
  readonly renewedAt: string;
  /** Why it ends; null while it lasts. */
  readonly ends: string | null;
  readonly troubles?: readonly Trouble[];
}
