/** The updates of a fleet, and the answer to `apply` and `destroy`. */
import type { PlannedChange, PlannedDifference, PoolRepair } from './change';
import type { Unmet } from './preflight';
import type { Origin } from '../caller/origin';
import type { FleetSpec } from './spec';

/** The argument of the update `apply`. */
export interface ApplyRequest extends Origin {
  readonly spec: FleetSpec;
  readonly expectRevision?: number;
  readonly requestId?: string;
  readonly dryRun?: boolean;
}

/**
 * The answer to `apply` and `destroy`, sent at acceptance. `changeId` null: nothing differs, or it
 * is a dry run.
 */
export interface ApplyResult {
  readonly revision: number;
  readonly changes: readonly PlannedChange[];
  /** The JSON paths of the fleet's own settings that differ (`topology.flows`). */
  readonly settings: readonly string[];
  /** The lost pools that are started again; absent without such pools. */
  readonly pools?: readonly PoolRepair[];
  readonly changeId: string | null;
  /**
   * For a dry run: the id map after the change, with `dry-run-<name>` for agents that it would
   * create.
   */
  readonly ids?: Readonly<Record<string, string>>;
  /** For a dry run: the first 500 fields that differ, with their old and new values. */
  readonly differences?: readonly PlannedDifference[];
}

/** A plan: the answer to a dry run, with what the workers have found. */
export interface PlanResult extends ApplyResult {
  /** The missing parts, because of which `apply` would change nothing; absent if nothing is missing. */
  readonly unmet?: readonly Unmet[];
  /** Why a part of the check could not be made; absent if all of it was. */
  readonly unchecked?: readonly string[];
}

/** The argument of the update `scale`: another number of replicas for an agent that has replicas. */
export interface ScaleRequest extends Origin {
  readonly agent: string;
  readonly replicas: number;
  readonly expectRevision?: number;
  readonly dryRun?: boolean;
  readonly requestId?: string;
}

/** The argument of the update `destroy`. `forget`: give up what cannot be removed. */
export interface DestroyRequest extends Origin {
  readonly requestId?: string;
  readonly forget?: boolean;
}

/**
 * The argument of the update `cancel`. `changeId` or `revision` names the change, so that no other
 * one is cancelled.
 */
export interface CancelRequest extends Origin {
  readonly changeId?: string;
  readonly revision?: number;
  readonly reason?: string;
  readonly requestId?: string;
}

/** The argument of the update `compensate`: by default the next attempt of the latest change. */
export interface CompensateRequest extends Origin {
  readonly attempt?: number;
  readonly revision?: number;
  readonly requestId?: string;
}

/** The argument of the updates `pause` and `resume` of a fleet; `resume` takes no reason. */
export interface FleetHoldRequest extends Origin {
  readonly reason?: string;
  readonly requestId?: string;
  readonly wait?: boolean;
}

/** The argument of the update `nameRun`: the one run of a request id. */
export interface RunNamed {
  readonly run: string;
  readonly requestId: string;
}
