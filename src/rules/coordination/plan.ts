/** The input and the result of a barrier. */
import type { SourceFailure, SourceResult, TurnInput } from '../../contract/agent/turns';
import type { BranchContext, Contribution, Counts, Records } from './state';

/** A branch to start. */
export interface Seed {
  readonly agent: string;
  readonly input: TurnInput;
  readonly counts: Counts;
}

/** The input of a barrier. `agent` and `branch` are null at the root. */
export interface BarrierPlan {
  readonly base: Pick<BranchContext, 'fleet' | 'run' | 'task' | 'topology' | 'outside'>;
  readonly branch: string | null;
  readonly agent: string | null;
  /** The agents that wait for the branches of this fan-out, its own last. */
  readonly waiting: readonly string[];
  /** The contributions of the agent itself in its fan-out. */
  readonly direct: readonly Contribution[];
  readonly seeds: readonly Seed[];
  /** The number of the first branch of this fan-out. */
  readonly firstChild: number;
  readonly turnsLeft: number;
}

/** How a barrier was decided. `stopped`: its own branch was stopped before. */
export type Verdict =
  | {
      readonly outcome: 'fired';
      readonly results: readonly SourceResult[];
      readonly failures: readonly SourceFailure[];
    }
  | { readonly outcome: 'failed' | 'stopped'; readonly error: string }
  | { readonly outcome: 'cancelled' };

/** The result of a decided barrier. */
export interface BarrierResult extends Records {
  readonly verdict: Verdict;
  readonly nextChild: number;
  readonly turnsUsed: number;
  readonly passedUp: readonly Contribution[];
}
