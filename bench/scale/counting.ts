/** What a step of a scale run has cost at the server, by type of workflow, and which workflow tasks failed. */
import type { Client } from '@temporalio/client';
import { inParallel } from '../../src/lib/in-parallel';

/** Workflows of one type so far, with all of their runs. */
export interface TypeCount {
  readonly workflows: number;
  readonly events: number;
  readonly transitions: number;
}

/** All workflows so far, by type; failed workflow tasks of the living workers; when the count began and ended. */
export interface Counts {
  readonly byType: ReadonlyMap<string, TypeCount>;
  readonly failedTasks: number;
  readonly beganAt: number;
  readonly endedAt: number;
}

/** Descriptions at a time. */
const AT_ONCE = 50;
const NONE: TypeCount = { workflows: 0, events: 0, transitions: 0 };

/** Counts by the description of every run of every workflow. */
export async function count({ workflow }: Client, metricUrls: readonly string[]): Promise<Counts> {
  const beganAt = performance.now();
  const found: { type: string; workflowId: string; runId: string }[] = [];
  for await (const { type, workflowId, runId } of workflow.list()) found.push({ type, workflowId, runId });
  const byType = new Map<string, TypeCount>();
  await inParallel(found, AT_ONCE, async ({ type, workflowId, runId }) => {
    const { historyLength, raw } = await workflow.getHandle(workflowId, runId).describe();
    const transitions = Number(raw.workflowExecutionInfo?.stateTransitionCount ?? 0);
    const known = byType.get(type) ?? NONE;
    byType.set(type, {
      workflows: known.workflows + 1,
      events: known.events + historyLength,
      transitions: known.transitions + transitions,
    });
  });
  let failedTasks = 0;
  for (const url of metricUrls) failedTasks += failedIn(await (await fetch(url)).text());
  return { byType, failedTasks, beganAt, endedAt: performance.now() };
}

/** What was added between two counts: of one type, or of all. */
export function added(before: Counts, after: Counts, type?: string): TypeCount {
  const types = type === undefined ? [...after.byType.keys()] : [type];
  const parts = types.map((one) => {
    const [old, now] = [before.byType.get(one) ?? NONE, after.byType.get(one) ?? NONE];
    return {
      workflows: now.workflows - old.workflows,
      events: now.events - old.events,
      transitions: now.transitions - old.transitions,
    };
  });
  return parts.reduce((sum, part) => ({
    workflows: sum.workflows + part.workflows,
    events: sum.events + part.events,
    transitions: sum.transitions + part.transitions,
  }));
}

/** What idle agents and their leases cost, each a minute. Both counts read the workflows in the same order, so their starts are compared. */
export function idleCost(before: Counts, after: Counts, agents: number): string {
  const minutes = (after.beganAt - before.beganAt) / 60_000;
  const [all, agent, lease] = [added(before, after), added(before, after, 'agent'), added(before, after, 'lease')];
  const leases = after.byType.get('lease')?.workflows ?? 0;
  const each = (figure: number, of: number, digits: number) => (figure / of / minutes).toFixed(digits);
  return [
    `${String(leases)} leases, each ${each(lease.events, leases, 1)} events and ${each(lease.transitions, leases, 1)} transitions a minute`,
    `an agent ${each(all.events, agents, 4)} and ${each(all.transitions, agents, 4)} with its share of the leases, ${each(agent.transitions, agents, 4)} transitions by itself`,
  ].join('; ');
}

function failedIn(metrics: string): number {
  const lines = metrics
    .split('\n')
    .filter((line) => /^temporal_workflow_task_execution_failed(?:_total)?\{/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
