/** How a branch ends, and what it returns then. */
import type { BarrierRecord, BranchOutcome } from '../../contract/run';
import { jsonBytes } from '../lib/json-bytes';
import { withShares } from '../lib/shares';
import { type Effects, Stopped } from './effects';
import { overLimit } from './fan-out/limits';
import type { BranchResult, BranchState, Contribution, Records } from './state';

/** What a turn leads to: another turn, or the end. */
export type Step = { readonly next: BranchState } | { readonly end: BranchResult };

/** It has come to its end with `value` for the node `to`. */
export function contributed(state: BranchState, to: string, value: unknown, effects: Effects): Step {
  const { branch } = state.context;
  const contribution: Contribution = { to, from: state.agent, branch, value, counts: state.counts };
  return completed({ ...state, passedUp: [...state.passedUp, contribution] }, effects);
}

/** It has come to its end with all that it passes up. */
export function completed(state: BranchState, effects: Effects): Step {
  return { end: bounded(ended(state, 'completed', null), effects) };
}

/** It has failed. */
export function failed(state: BranchState, error: string): Step {
  return { end: ended(state, 'failed', error) };
}

/** A result that is too large to travel is a branch that failed. */
function bounded(result: BranchResult, effects: Effects): BranchResult {
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

/** What it returns. */
export function ended(state: BranchState, outcome: BranchOutcome, error: string | null): BranchResult {
  const { branch, parent } = state.context;
  const record = { id: branch, parent, agents: state.identities, turns: state.turns, outcome, error };
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

/** Barriers whose failures share one bound: each names the errors of its own sources, and records tell of all barriers below. */
export function boundedBarriers(barriers: readonly BarrierRecord[]): BarrierRecord[] {
  const shared = withShares(barriers.flatMap(({ failed: causes }) => causes));
  return barriers.map((barrier) => ({ ...barrier, failed: shared.splice(0, barrier.failed.length) }));
}

/** The same with what has been recorded of others. */
export function withRecords<T extends Records>(to: T, more: Records): T {
  return {
    ...to,
    branches: [...to.branches, ...more.branches],
    barriers: [...to.barriers, ...more.barriers],
    undos: [...to.undos, ...more.undos],
  };
}

/** A branch that is stopped while it waits ends with what it had; any other error is thrown on. */
export function abandoned(state: BranchState, error: unknown): BranchResult {
  if (error instanceof Stopped) return ended(state, 'abandoned', error.reason);
  throw error;
}
