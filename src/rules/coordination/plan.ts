/** What a fan-out begins with and how its barrier ends. */
import type { SourceFailure, SourceResult, TurnInput } from '../../contract/agent/turns';
import type { BranchContext, Contribution, Counts, Records } from './state';

/** A branch to start. */
export interface Seed {
  readonly agent: string;
  readonly input: TurnInput;
  readonly counts: Counts;
}

/** Everything a barrier begins with. `agent` and `branch` null: the root's. */
export interface BarrierPlan {
  readonly base: Pick<BranchContext, 'fleet' | 'run' | 'task' | 'topology' | 'outside'>;
  readonly branch: string | null;
  readonly agent: string | null;
  /** The agents that wait for the branches of this fan-out, its own last. */
  readonly waiting: readonly string[];
  /** What the agent itself contributed in its fan-out. */
  readonly direct: readonly Contribution[];
  readonly seeds: readonly Seed[];
  /** The number of the first branch that is started here. */
  readonly firstChild: number;
  readonly turnsLeft: number;
}

/** How a barrier was decided. `stopped`: its own branch had to end before. */
export type Verdict =
  | {
      readonly outcome: 'fired';
      readonly results: readonly SourceResult[];
      readonly failures: readonly SourceFailure[];
    }
  | { readonly outcome: 'failed' | 'stopped'; readonly error: string }
  | { readonly outcome: 'cancelled' };

/** What a fan-out leaves behind, decided. */
export interface BarrierResult extends Records {
  readonly verdict: Verdict;
  readonly nextChild: number;
  readonly turnsUsed: number;
  readonly passedUp: readonly Contribution[];
}
