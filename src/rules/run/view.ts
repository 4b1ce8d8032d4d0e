/** A run as `describe` shows it: the branches that are known of, and the card of Temporal's Web UI. */
import type { BranchRecord, LiveBranchRecord, RunResult, RunView } from '../../contract/run';
import type { WorkflowEnd } from '../../contract/ends';
import { type BranchTimes, MOST_RETURNED_BYTES } from './branch-input';
import { inBranchOrder } from '../coordination/fan-out/branch-order';
import { endText } from '../lib/ends';
import { jsonBytes } from '../lib/json-bytes';
import { withShares } from '../lib/shares';
import { boundedText, SHORT_BYTES } from '../../contract/text';

/** Branches by id, as far as the run has heard of them. */
export type KnownBranches = ReadonlyMap<string, LiveBranchRecord>;

/** What is newer of two records of a branch: word of it comes from itself and from its parent, in any order. */
export function newer(known: LiveBranchRecord | undefined, told: LiveBranchRecord): LiveBranchRecord {
  if (known === undefined) return told;
  if (told.endedAt === null && (known.endedAt !== null || known.turns > told.turns)) return known;
  return told;
}

/** Branches that have not ended and wait for no branch below them. */
export function openLeaves(branches: KnownBranches): string[] {
  const open = [...branches.values()].filter(({ endedAt }) => endedAt === null);
  const parents = new Set(open.map(({ parent }) => parent));
  return open.flatMap(({ id }) => (parents.has(id) ? [] : [id]));
}

/** Running branches as people see them: one is `waiting` for branches below it, for the human, or for a suspended agent. */
export function shown(branches: KnownBranches, waiting: ReadonlySet<string>): LiveBranchRecord[] {
  const leaves = new Set(openLeaves(branches));
  return withShares(inBranchOrder(branches.values(), ({ id }) => id)).map((record): LiveBranchRecord => {
    if (record.endedAt !== null) return record;
    return { ...record, outcome: leaves.has(record.id) && !waiting.has(record.id) ? 'running' : 'waiting' };
  });
}

/** The branches of a run that is over; one of which no times are known never began. */
export function ended(
  records: readonly BranchRecord[],
  times: readonly BranchTimes[],
  known: KnownBranches,
  now: string,
): LiveBranchRecord[] {
  const shared = withShares(records);
  const byId = new Map(times.map((entry) => [entry.id, entry]));
  return shared.map((record) => {
    const { startedAt, endedAt } = byId.get(record.id) ?? known.get(record.id) ?? { startedAt: now, endedAt: now };
    return { ...record, startedAt, endedAt: endedAt ?? now };
  });
}

/** The last view of a run whose workflow is closed: where it has no result, the workflow was ended from outside. */
export function closedRunView(view: RunView, end: WorkflowEnd, now: string): RunView {
  if (view.result !== null) return view;
  const closedAt = end.at ?? now;
  const branches = view.branches.map((branch): LiveBranchRecord =>
    branch.endedAt === null ? { ...branch, outcome: 'abandoned', endedAt: closedAt } : branch,
  );
  const result: RunResult = {
    success: false,
    finalResponse: null,
    error: `the workflow of run ${view.fleet}/${view.run} ${endText(end)}; its branches end, and the task can be run again under another name`,
    turns: branches.reduce((sum, { turns }) => sum + turns, 0),
    branches: branches.map(({ startedAt: _, endedAt: _at, ...branch }) => branch as BranchRecord),
    barriers: [],
  };
  return { ...view, state: 'failed', question: null, result, branches };
}

/** A result that a workflow can return: without its trace where that is enough, else as a failure that says how large it was. */
export function runResultWithin(result: RunResult): RunResult {
  if (jsonBytes(result) <= MOST_RETURNED_BYTES) return result;
  const { trace: _, ...untraced } = result;
  const bytes = jsonBytes(untraced);
  if (bytes <= MOST_RETURNED_BYTES) return untraced;
  const error = `ROOT failure: LimitReached: the result is ${String(bytes)} bytes, at most ${String(MOST_RETURNED_BYTES)} are allowed`;
  const failed: RunResult = { ...untraced, success: false, finalResponse: null, error };
  return jsonBytes(failed) <= MOST_RETURNED_BYTES ? failed : { ...failed, branches: [], barriers: [] };
}

/**
 * A view that a query can answer with. A result near its limit and the branches beside it might not fit together: then the result goes
 * without its own records of branches and barriers, which stand in the view, and as a failure in the end.
 */
export function runViewWithin(view: RunView): RunView {
  const { result } = view;
  if (result === null || jsonBytes(view) <= MOST_ANSWERED_BYTES) return view;
  const { trace: _, ...untraced } = result;
  const bare: RunView = { ...view, result: { ...untraced, branches: [], barriers: [] } };
  if (jsonBytes(bare) <= MOST_ANSWERED_BYTES) return bare;
  return { ...bare, branches: bare.branches.filter(({ parent }) => parent === null) };
}

/** What a query may answer: the server's limit of 2 MiB for one payload, with room for its envelope. */
const MOST_ANSWERED_BYTES = 1_950 * 1024;

/** Markdown: state, question, branches. */
export function runCard({ state, question, result, branches }: RunView): string {
  const open = branches.filter(({ endedAt }) => endedAt === null);
  const error = result?.error ?? null;
  const lines = [
    `**${state}**${error === null ? '' : `: ${boundedText(error, SHORT_BYTES)}`}`,
    `- branches: ${String(branches.length)}, open: ${String(open.length)}`,
    ...open.slice(0, 20).map(({ id, agents, outcome }) => `  - ${id} ${agents.at(-1) ?? ''}: ${outcome}`),
  ];
  if (question)
    lines.push(
      `- question of ${question.agent} (${question.branch}): ${boundedText(JSON.stringify(question.question), SHORT_BYTES)}`,
    );
  return lines.join('\n');
}
