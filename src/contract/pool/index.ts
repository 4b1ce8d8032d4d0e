/**
 * A pool of interchangeable credentials (docs/subscriptions.md). It contains only references to
 * secrets: `env:NAME`, `file:path`.
 */
import type { Duration } from '../values/duration';
import type { CredentialSpec } from '../fleet';
import type { NotifySpec } from '../event';
import type { Trouble } from '../trouble';

/**
 * The configuration of a pool: the argument of `configure`, and part of the first run's input.
 * `skipFor` defaults to 2h.
 */
export interface PoolConfiguration {
  readonly credentials: readonly CredentialSpec[];
  readonly skipFor?: Duration;
  /**
   * The fleet whose file describes the pool. The pool ends some time after its last fleet has left.
   */
  readonly fleet?: string;
  /** The fleet's webhooks for `pool.exhausted`. */
  readonly notify?: readonly NotifySpec[];
}

/** The argument of `leave`: this fleet no longer uses the pool. */
export interface PoolLeft {
  readonly fleet: string;
}

/** The start argument of a `pool` workflow. */
export interface PoolInput extends PoolConfiguration {
  readonly v: 1;
  readonly pool: string;
  readonly continueAfterEvents?: number;
}

/**
 * Signal `failureObserved`, agent to pool. `agent` is `fleet/agent`; `count` is the number of such
 * failures, 1 by default; `reported`: the failure was reported and did not occur in a turn of
 * Drover.
 */
export interface FailureObserved {
  readonly credential: string;
  readonly kind: 'rate_limit' | 'auth';
  readonly at: string;
  readonly resetAt?: string;
  readonly agent: string;
  readonly count?: number;
  readonly reported?: boolean;
}

/**
 * Signal `allocationRequested`, agent to pool. `not` is the credential to leave, null for a first
 * one.
 */
export interface AllocationRequested {
  readonly requestId: string;
  readonly agent: string;
  readonly not: string | null;
  /**
   * The agent's current assignment; the new one is above it, even if the pool was lost and
   * started again.
   */
  readonly above?: number;
  /**
   * The failure that caused the request; the pool records it first, so that its choice considers
   * it.
   */
  readonly failed?: FailureObserved;
}

/**
 * Signal `allocationGranted`, pool to agent. `secret` is a reference; `eventsInWindow` counts the
 * failures of the credential that the agent leaves. With a `requestId` of the pool itself, the pool
 * moves the agent, because its credential was removed from the file or changed.
 */
export type AllocationGranted =
  | {
      readonly requestId: string;
      readonly credential: string;
      readonly assignment: number;
      readonly secret: string;
      readonly eventsInWindow: number;
    }
  | { readonly requestId: string; readonly exhaustedUntil: string | null };

/**
 * Signal `allocationRejected`, agent to pool: the agent could not apply the credential and keeps
 * its previous one.
 */
export interface AllocationRejected {
  readonly requestId: string;
}

/** The view of a pool. `agents` are `fleet/agent`. */
export interface PoolView {
  readonly pool: string;
  readonly credentials: readonly {
    readonly name: string;
    readonly agents: readonly string[];
    readonly failuresInWindow: number;
    readonly skippedUntil: string | null;
  }[];
  readonly exhaustedUntil: string | null;
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
}

/**
 * A pool in a list, from visibility. `free`: the number of credentials that the pool does not skip.
 */
export interface PoolListItem {
  readonly pool: string;
  readonly credentials: number;
  readonly free: number;
  readonly agents: number;
  readonly failuresInWindow: number;
  readonly exhaustedUntil: string | null;
  /** Why its workflow does not answer, if the server reports it; null: no problem is known. */
  readonly problem: string | null;
}
