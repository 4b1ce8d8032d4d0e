/** The ends of a branch, and its result. */
import type { BarrierRecord, BranchOutcome } from '../../contract/run';
import { jsonBytes } from '../lib/json-bytes';
import { withShares } from '../lib/shares';
import { usageField } from '../lib/turn/usage';
import { type Effects, Stopped } from './effects';
import { overLimit } from './fan-out/limits';
import type { BranchResult, BranchState, Contribution, Records } from './state';

/** The outcome of a turn: another turn, or the end of the branch. */
export type Step = { readonly next: BranchState } | { readonly end: BranchResult };

/** Ends the branch with `value` for the node `to`. */
export function endContributing(state: BranchState, to: string, value: unknown, effects: Effects): Step {
  const { branch } = state.context;
  const contribution: Contribution = { to, from: state.agent, branch, value, counts: state.counts };
  return endCompleted({ ...state, passedUp: [...state.passedUp, contribution] }, effects);
}

/** Ends the branch with everything that it passes up. */
export function endCompleted(state: BranchState, effects: Effects): Step {
  return { end: boundResult(branchResult(state, 'completed', null), effects) };
}

/** Ends the branch with an error. */
export function endFailed(state: BranchState, error: string): Step {
  return { end: branchResult(state, 'failed', error) };
}

/** A branch whose result is too large for a message has failed. */
function boundResult(result: BranchResult, effects: Effects): BranchResult {
  const bytes = result.contributions.reduce((sum, { value }) => sum + jsonBytes(value), 0);
  const tooLarge = overLimit('contributions', bytes, effects.sizes.contributions);
  if (tooLarge === null) return result;
  const own = result.branches.map((record) =>
    record.id === result.branch ? { ...record, outcome: 'failed' as const, error: tooLarge } : record,
  );
  const from = own.find(({ id }) => id === result.branch)?.agents.at(-1) ?? '';
  const failure = { from, branch: result.branch, error: tooLarge };
  return { ...result, outcome: 'failed', branches: own, contributions: [], failure };
}

/** The result of a branch that ends now. */
export function branchResult(state: BranchState, outcome: BranchOutcome, error: string | null): BranchResult {
  const { branch, parent } = state.context;
  const { identities: agents, turns, usage } = state;
  const record = { id: branch, parent, agents, turns, outcome, error, ...usageField(usage) };
  return {
    branch,
    outcome,
    contributions: state.passedUp,
    failure: outcome === 'failed' ? { from: state.agent, branch, error: error ?? '' } : null,
    turnsUsed: state.turnsUsed,
    branches: withShares([record, ...state.branches]),
    barriers: boundedBarriers(state.barriers),
    undos: state.undos,
  };
}

/** Bounds the errors of all barriers together, because a record contains every barrier below it. */
export function boundedBarriers(barriers: readonly BarrierRecord[]): BarrierRecord[] {
  const shared = withShares(barriers.flatMap(({ failed: causes }) => causes));
  return barriers.map((barrier) => ({ ...barrier, failed: shared.splice(0, barrier.failed.length) }));
}

/** Adds the records of other branches. */
export function withRecords<T extends Records>(to: T, more: Records): T {
  return {
    ...to,
    branches: [...to.branches, ...more.branches],
    barriers: [...to.barriers, ...more.barriers],
    undos: [...to.undos, ...more.undos],
  };
}

/** The result of a branch that was stopped while it waited; rethrows any other error. */
export function abandonedResult(state: BranchState, error: unknown): BranchResult {
  if (error instanceof Stopped) return branchResult(state, 'abandoned', error.reason);
  throw error;
}
