/** Branches that can tell nothing of themselves. */
import type { BranchOutcome } from '../../contract/run';
import type { BranchContext, BranchResult } from './state';

/** The result of a branch whose end nobody reported: it failed, with what is known of it. */
export function lostBranch(context: BranchContext, error: string): BranchResult {
  const { branch, agent } = context;
  return { ...silent(context, 'failed', error), failure: { from: agent, branch, error } };
}

/** The result of a branch that was no longer wanted before it began, or that did not say how it ended. */
export function abandonedBranch(context: BranchContext, reason: string): BranchResult {
  return silent(context, 'abandoned', reason);
}

function silent({ branch, parent, agent }: BranchContext, outcome: BranchOutcome, error: string): BranchResult {
  return {
    branch,
    outcome,
    contributions: [],
    failure: null,
    turnsUsed: 0,
    branches: [{ id: branch, parent, agents: [agent], turns: 0, outcome, error }],
    barriers: [],
    undos: [],
  };
}

/** The same branch, failed: what it and those below it did stays recorded, what it contributed does not count. */
export function failedInstead(result: BranchResult, error: string): BranchResult {
  const branches = result.branches.map((record) =>
    record.id === result.branch ? { ...record, outcome: 'failed' as const, error } : record,
  );
  const from = branches.find(({ id }) => id === result.branch)?.agents.at(-1) ?? '';
  return { ...result, outcome: 'failed', contributions: [], failure: { from, branch: result.branch, error }, branches };
}
