/** Results of branches that returned none. */
import type { BranchOutcome } from '../../contract/run';
import type { BranchContext, BranchResult } from './state';

/** The result of a branch whose workflow was lost: it failed. */
export function lostBranch(context: BranchContext, error: string): BranchResult {
  const { branch, agent } = context;
  return { ...emptyResult(context, 'failed', error), failure: { from: agent, branch, error } };
}

/** The result of a branch that was cancelled before it began, or that returned no result. */
export function abandonedBranch(context: BranchContext, reason: string): BranchResult {
  return emptyResult(context, 'abandoned', reason);
}

function emptyResult({ branch, parent, agent }: BranchContext, outcome: BranchOutcome, error: string): BranchResult {
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

/** The result as a failure: its records stay, its contributions do not count. */
export function asFailed(result: BranchResult, error: string): BranchResult {
  const branches = result.branches.map((record) =>
    record.id === result.branch ? { ...record, outcome: 'failed' as const, error } : record,
  );
  const from = branches.find(({ id }) => id === result.branch)?.agents.at(-1) ?? '';
  return { ...result, outcome: 'failed', contributions: [], failure: { from, branch: result.branch, error }, branches };
}
