/** Fleets in visibility: their last reports, how many of their agents are ready, and the usage of their turns. */
import { FLEET_MEMO, type FleetListItem, type FleetTold } from '../../contract/fleet';
import { AGENT_WORKFLOW, FLEET_WORKFLOW } from '../../contract/names';
import type { Usage } from '../../contract/usage';
import { isGhost } from '../../rules/fleet/told';
import { sumOfUsage, usageField } from '../../rules/lib/turn/usage';
import { toldOf } from '../agents/agent-items';
import type { Calls } from '../temporal/calls';
import { allPages } from '../temporal/pages';
import { anyOf, equals, type Listed, listWorkflows, type Page, type PageOptions } from '../temporal/visibility';
import { leftUsage, toldUsage } from '../usage';

/** Which fleets to list: all, unless narrowed to these. */
export interface FleetFilter {
  readonly fleets?: readonly string[];
}

/** A fleet that has not reported anything yet. */
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
  const known = await agentsByFleet(calls);
  const completed = shown.map(({ usage: left, problem, ...item }): FleetListItem => {
    const { ready = 0, usage } = known.get(item.fleet) ?? {};
    return { ...item, ready, ...usageField(sumOfUsage([left, usage])), problem };
  });
  return { items: completed, nextPageToken };
}

/** Null for a fleet that never came into being. */
function fleetItem(found: Listed): FleetListItem | null {
  const { workflowId, attribute, memo, problem } = found;
  const told = (memo(FLEET_MEMO) ?? UNTOLD) as FleetTold;
  if (isGhost(told)) return null;
  const { revision, state, agents } = told;
  const [, fleet = ''] = workflowId.split('/');
  return {
    fleet,
    revision,
    state: state ?? 'changing',
    agents,
    ready: 0,
    holds: attribute('DroverHolds'),
    ...usageField(leftUsage(found)),
    problem,
  };
}

/** How many agents of a fleet are ready, and what the turns of all of them took. */
interface AgentsOfFleet {
  readonly ready: number;
  readonly usage: Usage | undefined;
}

/** The running agents of each fleet that has any. */
async function agentsByFleet(calls: Calls): Promise<Map<string, AgentsOfFleet>> {
  const conditions = [equals('WorkflowType', AGENT_WORKFLOW), equals('ExecutionStatus', 'Running')];
  const read = (found: Listed) => ({ ...toldOf(found), usage: toldUsage(found) });
  const agents = await allPages((page) => listWorkflows(calls, conditions, read, page));
  const known = new Map<string, AgentsOfFleet>();
  for (const { fleet, liveness, usage } of agents) {
    const { ready, usage: before } = known.get(fleet) ?? { ready: 0, usage: undefined };
    known.set(fleet, { ready: ready + (liveness === 'ready' ? 1 : 0), usage: sumOfUsage([before, usage]) });
  }
  return known;
}
