/**
 * One look at visibility for everything that events are made of, with the results of ended runs.
 */
import { WorkflowFailedError } from '@temporalio/client';
import { AGENT_MEMO, type AgentTold, type Runtime } from '../contract/agent';
import { DroverError } from '../contract/errors';
import { AGENT_WORKFLOW, RUN_WORKFLOW } from '../contract/names';
import type { RunListItem, RunResult } from '../contract/run';
import { type Known, type Look, runName, type SeenAgent, type SeenOutcome, type SeenRun } from '../rules/events/news';
import { toldOf } from './agent-items';
import { isOutage } from './temporal/backoff';
import type { Calls } from './temporal/calls';
import { allPages } from './temporal/pages';
import type { Pools } from './pools';
import { runItem } from './run-items';
import { runSubject } from './temporal/subject';
import { closedSince, equals, type Listed, listWorkflows, type PageOptions } from './temporal/visibility';

/** What a look needs. */
export interface LookTools {
  readonly calls: Calls;
  readonly pools: Pools;
  /** Agents and runs of this fleet only. */
  readonly fleet?: string | undefined;
}

/**
 * Visibility lags by a second or so, and by more under load: a run may be listed after a run that
 * ended later.
 */
const OVERLAP_MS = 30_000;
/** Results that are read at a time. */
const READ_AT_ONCE = 20;

/**
 * The first look of a watch. Of ended runs it reads only the last ones, to know where the next look
 * begins.
 */
export async function firstLook(tools: LookTools): Promise<Look> {
  const { items } = await listEnded(tools, [], { pageSize: 1 });
  const runs = await allPages((page) => listEnded(tools, items.flatMap(aroundTheEnd), page));
  return { ...(await present(tools)), runs: runs.map(unread) };
}

/**
 * A later look: of ended runs it reads those that have ended since the last look, with some
 * overlap.
 */
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

/** A look at the present state and at the last `count` ended runs. */
export async function lookBack(tools: LookTools, count: number): Promise<Look> {
  const { items } = await listEnded(tools, [], { pageSize: count });
  return { ...(await present(tools)), runs: await withOutcomes(tools, items) };
}

function endOf({ endedAt }: Pick<RunListItem, 'endedAt'>): number {
  return endedAt === null ? 0 : Date.parse(endedAt);
}

/** Conditions for runs that ended a little before this run, or later. */
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
  const told = found.memo(AGENT_MEMO) as Partial<AgentTold> | undefined;
  const pool = found.attribute('DroverPool')[0] ?? null;
  return { ...toldOf(found), runtime, pool, why: told?.why ?? null };
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

/**
 * A run without success still completes as a workflow, so its result is read, from its history: no
 * worker has to answer.
 */
async function outcomeOf(calls: Calls, ref: RunListItem): Promise<SeenOutcome | null> {
  const subject = runSubject(ref);
  try {
    return await calls.within(subject, {}, () => resultOf(calls, subject.workflowId));
  } catch (error) {
    if (isOutage(error) || !(error instanceof DroverError)) throw error;
    // Its history is gone or cannot be read, so only the list knows the run.
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
