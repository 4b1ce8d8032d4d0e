/** Fleets in visibility: what they told last, and how many of their agents are ready. */
import type { AgentListItem } from '../../contract/agent';
import { FLEET_MEMO, type FleetListItem, type FleetTold } from '../../contract/fleet';
import { AGENT_WORKFLOW, FLEET_WORKFLOW } from '../../contract/names';
import { isGhost } from '../../rules/fleet/told';
import { toldOf } from '../agents/agent-items';
import type { Calls } from '../temporal/calls';
import { allPages } from '../temporal/pages';
import { anyOf, equals, type Listed, listWorkflows, type Page, type PageOptions } from '../temporal/visibility';

/** Which fleets to list: all, unless narrowed to these. */
export interface FleetFilter {
  readonly fleets?: readonly string[];
}

/** A fleet that has not told anything yet. */
const UNTOLD: FleetTold = { revision: 0, state: 'changing', agents: 0 };

/** One page of the fleets that are there. */
export async function listFleets(
  calls: Calls,
  { fleets, ...options }: PageOptions & FleetFilter,
): Promise<Page<FleetListItem>> {
  const conditions = [
    equals('WorkflowType', FLEET_WORKFLOW),
    equals('ExecutionStatus', 'Running'),
    ...(fleets === undefined ? [] : [anyOf('DroverFleet', fleets)]),
  ];
  const { items, nextPageToken } = await listWorkflows(calls, conditions, fleetItem, options);
  const shown = items.flatMap((item) => (item === null ? [] : [item]));
  if (shown.length === 0) return { items: [], nextPageToken };
  const ready = await readyByFleet(calls);
  return { items: shown.map((item) => ({ ...item, ready: ready.get(item.fleet) ?? 0 })), nextPageToken };
}

/** Null for a fleet that never came into being. */
function fleetItem({ workflowId, attribute, memo, problem }: Listed): FleetListItem | null {
  const told = (memo(FLEET_MEMO) ?? UNTOLD) as FleetTold;
  if (isGhost(told)) return null;
  const { revision, state, agents } = told;
  const [, fleet = ''] = workflowId.split('/');
  return { fleet, revision, state: state ?? 'changing', agents, ready: 0, holds: attribute('DroverHolds'), problem };
}

/** The number of ready agents of each fleet that has any. */
async function readyByFleet(calls: Calls): Promise<Map<string, number>> {
  const conditions = [
    equals('WorkflowType', AGENT_WORKFLOW),
    equals('ExecutionStatus', 'Running'),
    equals('DroverLiveness', 'ready' satisfies AgentListItem['liveness']),
  ];
  const fleets = await allPages((page) => listWorkflows(calls, conditions, (found) => toldOf(found).fleet, page));
  const counts = new Map<string, number>();
  for (const fleet of fleets) counts.set(fleet, (counts.get(fleet) ?? 0) + 1);
  return counts;
}
