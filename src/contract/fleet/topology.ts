/** A topology as written in a fleet file or a scenario (docs/coordination.md, "Topology"). */
import type { Duration } from '../values/duration';
import { MOST_INVOCATIONS } from '../agent/turns';

/**
 * The convergence: a named policy, a number as the ratio with `onInsufficient: fail`, or an object.
 */
export type ConvergenceSpec =
  | 'strict'
  | 'majority'
  | 'user'
  | 'any'
  | number
  | {
      readonly minRatio?: number;
      readonly onInsufficient?: 'fail' | 'proceed' | 'user';
      readonly quorum?: number;
      readonly terminateOrphans?: boolean;
      readonly timeout?: Duration;
    };

/** Flows, rules and convergence as text; `agents` only if the flows do not name them. */
export interface TopologySpec {
  readonly agents?: readonly string[];
  readonly flows: readonly string[];
  readonly rules?: readonly string[];
  readonly convergence?: ConvergenceSpec;
}

/**
 * The reserved nodes of every topology: the start of a run, the receiver of its answer, and the
 * human.
 */
export const START = 'Start';
/** The node that receives the answer of a run. */
export const END = 'End';
/** The human, whom agents may ask. */
export const USER = 'User';

/** The names that agents may not have. */
export const RESERVED_NODES: readonly string[] = [START, END, USER];

/** The limits of a topology: ten thousand agents fit into the 2 MiB of a workflow's input. */
export const TOPOLOGY_LIMITS = {
  agents: 20_000,
  /**
   * Agents that `Start` leads to; a single workflow task starts them all, like the agents of one
   * reply.
   */
  starts: MOST_INVOCATIONS,
  flows: 50_000,
  rules: 1_000,
  /** The most characters of one flow or rule. */
  line: 10_000,
} as const;

/**
 * The view of a topology: its nodes in the order of the file, with Start, End and User where flows
 * name them.
 */
export interface TopologyView {
  readonly nodes: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** Agents at which several paths meet. */
  readonly rendezvous: readonly string[];
}
