/** Collects the waits and the barriers of the open branches of a run: asks each branch, then its agent. */
import type { AgentView } from '../../contract/agent';
import { branchWorkflowId, runWorkflowId } from '../../contract/names';
import { describeAgent } from '../../contract/agent/messages';
import { describeBranch, describeRoot } from '../../contract/run/messages';
import type { BranchView, BranchWait, LiveBranchRecord, RunView } from '../../contract/run';
import type { LiveBarrier } from '../../contract/run/barrier';
import { messageOf, SHORT_BYTES } from '../../contract/text';
import { DroverError } from '../../contract/errors';
import { monotonicMs } from '../../lib/clock';
import { inParallel } from '../../lib/in-parallel';
import { branchWait, type SeenAgent, takerOf } from '../../rules/run/waits';
import type { Calls } from '../temporal/calls';
import { agentSubject, workflowSubject } from '../temporal/subject';

/** The most branches that one look asks; a run may have a thousand. */
const MOST_ASKED = 20;
/** Branches and agents that are asked at a time. */
const AT_ONCE = 10;
/** A person waits for the answer, and a branch or an agent that is silent so long says that by itself. */
const ANSWER_MS = 2_000;

/**
 * How often a followed run asks what its branches wait for: up to 40 queries for each look, and a
 * person reads a new line every few seconds. A run that ends within the first second asks nothing.
 */
const EVERY_MS = 2_000;
const FIRST_AFTER_MS = 1_000;

/** How the open branches of a run stand. */
type Standing = Pick<RunView, 'waits' | 'barriers'>;

/** The same of a followed run, asked again every two seconds; nothing before the first look. */
export function followedWaits(calls: Calls): (run: RunView) => Promise<Standing> {
  let dueAt = monotonicMs() + FIRST_AFTER_MS;
  let known: Standing = {};
  return async (run) => {
    if (monotonicMs() < dueAt) return known;
    known = await standingOf(calls, run);
    dueAt = monotonicMs() + EVERY_MS;
    return known;
  };
}

/** The waits of the first 20 open branches without open ones below them, and the barriers of the first 20 with open ones. */
export async function standingOf(calls: Calls, run: RunView): Promise<Standing> {
  const [waits, barriers] = await Promise.all([waitsOf(calls, run), barriersOf(calls, run)]);
  return { waits, barriers };
}

async function barriersOf(calls: Calls, run: RunView): Promise<LiveBarrier[]> {
  const above = openParents(run.branches).slice(0, MOST_ASKED);
  const views = await inParallel(above, AT_ONCE, (branch) => describedBranch(calls, run, branch));
  const ofBranches = views.flatMap((view): LiveBarrier[] =>
    view?.barrier?.needed === undefined ? [] : [{ branch: view.branch, agent: view.agent, ...view.barrier }],
  );
  return [...(run.barriers ?? []), ...ofBranches];
}

async function waitsOf(calls: Calls, run: RunView): Promise<BranchWait[]> {
  const open = openLeaves(run.branches).slice(0, MOST_ASKED);
  const branches = await inParallel(open, AT_ONCE, (branch) => describedBranch(calls, run, branch));
  const asked = branches.flatMap((view) => (view === null ? [] : [view]));
  const names = [...new Set(run.scripted === true ? [] : asked.filter(waitsForTurn).map(takerOf))];
  const seen = await inParallel(names, AT_ONCE, (agent) => describedAgent(calls, run.fleet, agent));
  const agents = new Map(names.map((name, index) => [name, seen[index] ?? null]));
  return asked.map((view) => branchWait(run, view, agents.get(takerOf(view)) ?? null));
}

function openLeaves(branches: readonly LiveBranchRecord[]): LiveBranchRecord[] {
  const open = branches.filter(({ endedAt }) => endedAt === null);
  const parents = new Set(open.map(({ parent }) => parent));
  return open.filter(({ id }) => !parents.has(id));
}

function openParents(branches: readonly LiveBranchRecord[]): LiveBranchRecord[] {
  const open = branches.filter(({ endedAt }) => endedAt === null);
  const leaves = new Set(openLeaves(branches));
  return open.filter((branch) => !leaves.has(branch));
}

function waitsForTurn({ waitingFor }: BranchView): boolean {
  return waitingFor === 'turn';
}

/** Null: the branch has just ended, has not begun, or does not answer; the next look asks again. */
async function describedBranch(
  calls: Calls,
  { fleet, run }: RunView,
  { id, parent }: LiveBranchRecord,
): Promise<BranchView | null> {
  try {
    // A first branch may run within the workflow of its run (decision 41).
    const of = workflowSubject(runWorkflowId(fleet, run));
    const root = parent === null ? await calls.query(of, describeRoot, { timeoutMs: ANSWER_MS }) : null;
    if (root?.branch === id) return root;
    const subject = workflowSubject(branchWorkflowId(fleet, run, id));
    return await calls.query(subject, describeBranch, { timeoutMs: ANSWER_MS });
  } catch (error) {
    if (error instanceof DroverError) return null;
    throw error;
  }
}

async function describedAgent(calls: Calls, fleet: string, agent: string): Promise<SeenAgent> {
  try {
    const view: AgentView = await calls.query(agentSubject({ fleet, agent }), describeAgent, { timeoutMs: ANSWER_MS });
    return { view };
  } catch (error) {
    if (error instanceof DroverError) return { error: messageOf(error, SHORT_BYTES) };
    throw error;
  }
}
