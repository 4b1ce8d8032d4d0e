/** A pool of interchangeable credentials (docs/subscriptions.md). Secrets are references everywhere: `env:NAME`, `file:path`. */
import type { Duration } from '../duration';
import type { CredentialSpec } from '../fleet';
import type { NotifySpec } from '../event';
import type { Trouble } from '../trouble';

/** The input of a `pool` workflow's first run, and the argument of its `configure`. `skipFor` defaults to 2h. */
export interface PoolConfiguration {
  readonly credentials: readonly CredentialSpec[];
  readonly skipFor?: Duration;
  /** The fleet whose file says so. The pool ends some time after the last of its fleets has left. */
  readonly fleet?: string;
  /** Whom that fleet wants to be told of `pool.exhausted`. */
  readonly notify?: readonly NotifySpec[];
}

/** The argument of `leave`: this fleet uses the pool no more. */
export interface PoolLeft {
  readonly fleet: string;
}

export interface PoolInput extends PoolConfiguration {
  readonly v: 1;
  readonly pool: string;
  readonly continueAfterEvents?: number;
}

/**
 * Signal `failureObserved`: agent to pool. `agent` is `fleet/agent`; `count`: so many alike, 1 unless given; `reported`: the agent says so
 * of work that Drover did not see.
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

/** Signal `allocationRequested`: agent to pool. `not` is the credential to leave, null for a first one. */
export interface AllocationRequested {
  readonly requestId: string;
  readonly agent: string;
  readonly not: string | null;
  /** The agent's present assignment: the new one is above it, even if the pool has lost its memory. */
  readonly above?: number;
  /** The failure that makes it ask, recorded with the first copy of the request: so the choice always knows of it. */
  readonly failed?: FailureObserved;
}

/**
 * Signal `allocationGranted`: pool to agent. `secret` is the reference to it; `eventsInWindow` counts the failures of the credential that
 * the agent leaves. A `requestId` that the agent has not made: the pool moves it, because its credential has left the file or was changed.
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

/** Signal `allocationRejected`: agent to pool; applying failed, the previous assignment stands. */
export interface AllocationRejected {
  readonly requestId: string;
}

/** A pool as `describe` shows it. `agents` are `fleet/agent`. */
export interface PoolView {
  readonly pool: string;
  readonly credentials: readonly {
    readonly name: string;
    readonly agents: readonly string[];
    readonly failuresInWindow: number;
    readonly skippedUntil: string | null;
  }[];
  readonly exhaustedUntil: string | null;
  /** What its workflow has not managed yet; absent where all is well. */
  readonly troubles?: readonly Trouble[];
}

/** An item of `get pools`: what visibility holds. `free`: credentials that are not left alone. */
export interface PoolListItem {
  readonly pool: string;
  readonly credentials: number;
  readonly free: number;
  readonly agents: number;
  readonly failuresInWindow: number;
  readonly exhaustedUntil: string | null;
  /** Why its workflow does not answer at the moment, where the server reports it; null: nothing is known of that. */
  readonly problem: string | null;
}
