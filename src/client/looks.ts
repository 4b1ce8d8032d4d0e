/** One look at everything that events are made of, from visibility; of runs that have ended also how. */
import { WorkflowFailedError } from '@temporalio/client';
import type { Runtime } from '../contract/agent';
import { DroverError } from '../contract/errors';
import { AGENT_WORKFLOW, RUN_WORKFLOW } from '../contract/names';
import type { RunListItem, RunResult } from '../contract/run';
import { type Known, type Look, runName, type SeenAgent, type SeenOutcome, type SeenRun } from '../rules/events/news';
import { toldOf } from './agent-items';
import { isOutage } from './temporal/backoff';
import type { Calls } from './temporal/calls';
import { allPages } from './temporal/pages';
import type { Pools } from './pools';
import { runItem } from './runs';
import { runSubject } from './temporal/subject';
import { closedSince, equals, type Listed, listWorkflows, type PageOptions } from './temporal/visibility';

/** What looks are taken with. */
export interface LookTools {
  readonly calls: Calls;
  readonly pools: Pools;
  /** Agents and runs of this fleet only. */
  readonly fleet?: string | undefined;
}

/** Visibility is behind by a second or so, and by more under load: a run may be listed after another one that has ended later. */
const OVERLAP_MS = 30_000;
/** Results that are read at once. */
const READ_AT_ONCE = 20;

/** The first look of a watch: of the runs that have ended only the last ones, so that it is known where the next look begins. */
export async function firstLook(tools: LookTools): Promise<Look> {
  const { items } = await listEnded(tools, [], { pageSize: 1 });
  const runs = await allPages((page) => listEnded(tools, items.flatMap(aroundTheEnd), page));
  return { ...(await present(tools)), runs: runs.map(unread) };
}

/** A look that follows another one: of runs only those that have ended since, and some before them. */
export async function lookAgain(tools: LookTools, known: Known): Promise<Look> {
  const [newest] = [...known.runs.values()].sort((a, b) => endOf(b) - endOf(a));
  const runs = await allPages((page) => listEnded(tools, newest ? aroundTheEnd(newest) : [], page));
  const isKnown = (run: RunListItem) => known.runs.has(runName(run));
  const fresh = runs.filter((run) => !isKnown(run));
  return {
    ...(await present(tools)),
    runs: [...runs.filter(isKnown).map(unread), ...(await withOutcomes(tools, fresh))],
  };
}

/** A look at the present and the last of the past: so many runs that have ended last. */
export async function lookBack(tools: LookTools, count: number): Promise<Look> {
  const { items } = await listEnded(tools, [], { pageSize: count });
  return { ...(await present(tools)), runs: await withOutcomes(tools, items) };
}

function endOf({ endedAt }: Pick<RunListItem, 'endedAt'>): number {
  return endedAt === null ? 0 : Date.parse(endedAt);
}

/** Since a little before the end of this run. */
function aroundTheEnd(run: Pick<RunListItem, 'endedAt'>): string[] {
  return [closedSince(Math.max(0, endOf(run) - OVERLAP_MS))];
}

async function present({ calls, pools, fleet }: LookTools): Promise<Pick<Look, 'agents' | 'pools'>> {
  const running = [equals('WorkflowType', AGENT_WORKFLOW), equals('ExecutionStatus', 'Running'), ...ofFleet(fleet)];
  const [agents, allPools] = await Promise.all([
    allPages((page) => listWorkflows(calls, running, seenAgent, page)),
    allPages((page) => pools.list(page)),
  ]);
  return { agents, pools: allPools };
}

/** Newest first. */
function listEnded({ calls, fleet }: LookTools, conditions: readonly string[], page: PageOptions) {
  const ended = [equals('WorkflowType', RUN_WORKFLOW), "ExecutionStatus != 'Running'", ...ofFleet(fleet)];
  return listWorkflows(calls, [...ended, ...conditions], runItem, page);
}

function ofFleet(fleet: string | undefined): string[] {
  return fleet === undefined ? [] : [equals('DroverFleet', fleet)];
}

function seenAgent(found: Listed): SeenAgent {
  const runtime = (found.memo('runtime') ?? null) as Runtime | null;
  return { ...toldOf(found), runtime, pool: found.attribute('DroverPool')[0] ?? null };
}

function unread(run: RunListItem): SeenRun {
  return { ...run, outcome: null };
}

async function withOutcomes({ calls }: LookTools, runs: readonly RunListItem[]): Promise<SeenRun[]> {
  const seen: SeenRun[] = [];
  for (let from = 0; from < runs.length; from += READ_AT_ONCE) {
    const some = runs.slice(from, from + READ_AT_ONCE);
    seen.push(...(await Promise.all(some.map(async (run) => ({ ...run, outcome: await outcomeOf(calls, run) })))));
  }
  return seen;
}

/** A run without success has completed as a workflow, so its result is read; from its history, without any worker. */
async function outcomeOf(calls: Calls, ref: RunListItem): Promise<SeenOutcome | null> {
  const subject = runSubject(ref);
  try {
    return await calls.within(subject, {}, () => resultOf(calls, subject.workflowId));
  } catch (error) {
    if (isOutage(error) || !(error instanceof DroverError)) throw error;
    // Its history is gone, or cannot be read: then the list's word is all there is.
    return null;
  }
}

async function resultOf({ client }: Calls, workflowId: string): Promise<SeenOutcome> {
  try {
    const { success, error, turns } = (await client.workflow.getHandle(workflowId).result()) as RunResult;
    return { success, error, turns };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { success: false, error: error.cause?.message ?? error.message, turns: null };
  }
}
