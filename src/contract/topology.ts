/** A topology as written in a fleet file or a scenario (docs/coordination.md, "Topology"). */
import type { Duration } from './duration';
import { MOST_INVOCATIONS } from './agent/turns';

/** `strict`, `majority`, `user` and `any` are named policies; a number is a ratio with `onInsufficient: fail`. */
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

/** Flows, rules and convergence as text; `agents` only where the flows shall not name them. */
export interface TopologySpec {
  readonly agents?: readonly string[];
  readonly flows: readonly string[];
  readonly rules?: readonly string[];
  readonly convergence?: ConvergenceSpec;
}

/** The nodes of every topology that are no agents: where a run starts, where its answer goes, and the human. */
export const START = 'Start';
export const END = 'End';
export const USER = 'User';

/** Names that no agent may have. */
export const RESERVED_NODES: readonly string[] = [START, END, USER];

/** Upper bounds of a topology: ten thousand agents fit, the input of a workflow (2 MiB) is not exceeded. */
export const TOPOLOGY_LIMITS = {
  agents: 20_000,
  /** Agents that `Start` leads to: the first task of a run begins them all, as it does with the agents of one reply. */
  starts: MOST_INVOCATIONS,
  flows: 50_000,
  rules: 1_000,
  /** Characters of one flow or rule. */
  line: 10_000,
} as const;

/** A topology as `describe` shows it: nodes in the order of the file, Start, End and User among them where flows name them. */
export interface TopologyView {
  readonly nodes: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** Agents at which several paths meet. */
  readonly rendezvous: readonly string[];
}
