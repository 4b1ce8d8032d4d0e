/** Looks at visibility for the workflows that have recorded events. */
import { LEASE_WORKFLOW, POOL_WORKFLOW } from '../../contract/names';
import type { Calls } from '../temporal/calls';
import { allPages } from '../temporal/pages';
import { changedSince, equals, type Listed, listWorkflows } from '../temporal/visibility';
import type { Row } from './known';

/** The last events of workflows may be seen so much later, and their clocks may differ by so much. */
export const HORIZON_MS = 60_000;
/** The workflows of one page; the server gives no larger one. */
const PAGE = 1_000;

/**
 * Every run that has recorded an event at this time (epoch ms) or later, open and closed; with `fleet`
 * only its own, and all pools and leases.
 */
export function changedRows(calls: Calls, since: number, fleet?: string): Promise<Row[]> {
  // These belong to no single fleet.
  const shared = [POOL_WORKFLOW, LEASE_WORKFLOW].map((type) => equals('WorkflowType', type));
  const ofFleet = fleet === undefined ? [] : [`(${[equals('DroverFleet', fleet), ...shared].join(' OR ')})`];
  return allPages((page) => listWorkflows(calls, [changedSince(since), ...ofFleet], rowOf, page));
}

/** Every open run that has recorded an event. */
export function openRows(calls: Calls): Promise<Row[]> {
  const conditions = [changedSince(0), "ExecutionStatus = 'Running'"];
  return allPages((page) => listWorkflows(calls, conditions, rowOf, page));
}

/** The rows of the last minute before the latest change, by the workflows' own clocks. */
export async function latestRows(calls: Calls): Promise<Row[]> {
  const { items } = await listWorkflows(calls, [changedSince(0)], rowOf, { pageSize: PAGE });
  const latest = Math.max(0, ...items.map(({ changedAt }) => changedAt));
  return latest === 0 ? [] : changedRows(calls, Math.max(0, latest - HORIZON_MS));
}

function rowOf({ workflowId, runId, status, attribute }: Listed): Row {
  return { workflowId, runId, status, changedAt: Date.parse(attribute('DroverChangedAt')[0] ?? '') || 0 };
}
