/** Presents a run: its view, its branches, and the card in Temporal's Web UI. */
import type { BranchRecord, LiveBranchRecord, RunResult, RunView } from '../../contract/run';
import type { OpenBarrier } from '../../contract/run/barrier';
import type { WorkflowEnd } from '../../contract/ends';
import { type BranchTimes, MOST_RETURNED_BYTES } from './branch-input';
import { inBranchOrder } from '../coordination/fan-out/branch-order';
import { endText } from '../lib/ends';
import { jsonBytes } from '../lib/json-bytes';
import { inline } from '../lib/markdown';
import { withShares } from '../lib/shares';
import { usageField } from '../lib/turn/usage';

/** The known branches of a run, by id. */
export type KnownBranches = ReadonlyMap<string, LiveBranchRecord>;

/** The newer of two records of a branch; the branch and its parent report it in any order. */
export function newer(known: LiveBranchRecord | undefined, told: LiveBranchRecord): LiveBranchRecord {
  if (known === undefined) return told;
  if (told.endedAt === null && (known.endedAt !== null || known.turns > told.turns)) return known;
  return told;
}

/** The ids of open branches that wait for no branch below them. */
export function openLeaves(branches: KnownBranches): string[] {
  const open = [...branches.values()].filter(({ endedAt }) => endedAt === null);
  const parents = new Set(open.map(({ parent }) => parent));
  return open.flatMap(({ id }) => (parents.has(id) ? [] : [id]));
}

/** The barrier of the run's first branches; a run that begins with one branch shows none. */
export function rootBarrier(barrier: OpenBarrier | null): Pick<RunView, 'barriers'> {
  if (barrier === null || barrier.arrived.length + barrier.failed.length + barrier.open < 2) return {};
  return { barriers: [{ branch: null, agent: null, ...barrier }] };
}

/**
 * The branches of a view. An open one is `waiting` for branches below it, for the human, or for a
 * suspended agent.
 */
export function shownBranches(branches: KnownBranches, waiting: ReadonlySet<string>): LiveBranchRecord[] {
  const leaves = new Set(openLeaves(branches));
  return withShares(inBranchOrder(branches.values(), ({ id }) => id)).map((record): LiveBranchRecord => {
    if (record.endedAt !== null) return record;
    return { ...record, outcome: leaves.has(record.id) && !waiting.has(record.id) ? 'running' : 'waiting' };
  });
}

/** The branches of an ended run; a branch without known times never began. */
export function endedBranches(
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

/**
 * The last view of a run whose workflow is closed. Without a result, the workflow was ended from
 * outside.
 */
export function closedRunView(view: RunView, end: WorkflowEnd, now: string): RunView {
  if (view.result !== null) return view;
  const closedAt = end.at ?? now;
  const branches = view.branches.map((branch): LiveBranchRecord =>
    branch.endedAt === null ? { ...branch, outcome: 'abandoned', endedAt: closedAt } : branch,
  );
  const result: RunResult = {
    success: false,
    finalResponse: null,
    error: `the workflow of run ${view.fleet}/${view.run} ${endText(end)}; its branches end too; run the task again under another name`,
    turns: branches.reduce((sum, { turns }) => sum + turns, 0),
    ...usageField(view.usage),
    branches: branches.map(({ startedAt: _, endedAt: _at, ...branch }) => branch as BranchRecord),
    barriers: [],
  };
  const { barriers: _, ...rest } = view;
  return { ...rest, state: 'failed', question: null, result, branches, endedAt: closedAt };
}

/**
 * The result within `MOST_RETURNED_BYTES`: without its trace if that is enough, else as a
 * failure that names its size.
 */
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
 * The view within `MOST_ANSWERED_BYTES`. If a large result and the branches do not fit together,
 * the result loses its trace and its own records, and then the view all branches but the top ones.
 */
export function runViewWithin(view: RunView): RunView {
  const { result } = view;
  if (result === null || jsonBytes(view) <= MOST_ANSWERED_BYTES) return view;
  const { trace: _, ...untraced } = result;
  const { task: _task, ...rest } = view;
  const bare: RunView = { ...rest, result: { ...untraced, branches: [], barriers: [] } };
  if (jsonBytes(bare) <= MOST_ANSWERED_BYTES) return bare;
  return { ...bare, branches: bare.branches.filter(({ parent }) => parent === null) };
}

/**
 * The largest answer of a query: the server's limit of 2 MiB for one payload, with room for its
 * envelope.
 */
const MOST_ANSWERED_BYTES = 1_950 * 1024;

/**
 * The Markdown card: state, branches, question. `suspended` says why agents of branches take no
 * turns.
 */
export function runCard(
  { state, question, result, branches }: RunView,
  suspended: ReadonlyMap<string, string | null> = new Map(),
): string {
  const open = branches.filter(({ endedAt }) => endedAt === null);
  const error = result?.error ?? null;
  const lines = [
    `**${state}**${error === null ? '' : `: ${inline(error)}`}`,
    '',
    `- branches: ${String(branches.length)}, open: ${String(open.length)}`,
    ...open.slice(0, 20).map(({ id, agents, outcome }) => {
      const why = suspended.get(id) ?? null;
      return `  - ${id} ${agents.at(-1) ?? ''}: ${outcome}${why === null ? '' : ` (${inline(why)})`}`;
    }),
  ];
  if (question)
    lines.push(`- question of ${question.agent} (${question.branch}): ${inline(JSON.stringify(question.question))}`);
  return lines.join('\n');
}
