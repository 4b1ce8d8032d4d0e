/** The usage of turns, from visibility: the sums of agents, and the sums that ended agents have left in their fleet. */
import { DroverError } from '../contract/errors';
import { FLEET_MEMO, type FleetView } from '../contract/fleet';
import { AGENT_WORKFLOW, FLEET_WORKFLOW } from '../contract/names';
import { type Usage, USAGE_MEMO } from '../contract/usage';
import { isRecord } from '../rules/lib/parse';
import { sumOfUsage, usage, usageField } from '../rules/lib/turn/usage';
import type { CallOptions } from './temporal/call-options';
import type { Calls } from './temporal/calls';
import { allPages } from './temporal/pages';
import { equals, type Listed, listWorkflows } from './temporal/visibility';

const OPEN = equals('ExecutionStatus', 'Running');

/** The sum of a fleet; eventually consistent. Undefined: no turn reported usage. */
export async function usageOf(
  calls: Calls,
  { fleet, usage: left }: FleetView,
  options: CallOptions,
): Promise<Usage | undefined> {
  const running = [equals('WorkflowType', AGENT_WORKFLOW), equals('DroverFleet', fleet), OPEN];
  const sums = await allPages((page) => listWorkflows(calls, running, toldUsage, { ...page, ...options }));
  return sumOfUsage([left, ...sums]);
}

/** The sum of all fleets that are there, by one call for a thousand agents or fleets. */
export async function usageOfAll(calls: Calls, options: CallOptions): Promise<Usage | undefined> {
  const ask = (type: string, read: (found: Listed) => Usage | undefined): Promise<(Usage | undefined)[]> =>
    allPages((page) => listWorkflows(calls, [equals('WorkflowType', type), OPEN], read, { ...page, ...options }));
  const sums = await Promise.all([ask(AGENT_WORKFLOW, toldUsage), ask(FLEET_WORKFLOW, leftUsage)]);
  return sumOfUsage(sums.flat());
}

/** The sum that an agent or a run has reported of its turns. */
export function toldUsage({ memo }: Pick<Listed, 'memo'>): Usage | undefined {
  return usageIn(memo(USAGE_MEMO));
}

/** The same as the optional field of an item. */
export function toldUsageField(found: Pick<Listed, 'memo'>): { readonly usage?: Usage } {
  return usageField(toldUsage(found));
}

/** The sum that the ended agents of a fleet have left in it. */
export function leftUsage({ memo }: Pick<Listed, 'memo'>): Usage | undefined {
  const told = memo(FLEET_MEMO);
  return isRecord(told) ? usageIn(told['usage']) : undefined;
}

/** Any service can write a memo, so a value of another form counts as none. */
function usageIn(memo: unknown): Usage | undefined {
  if (memo === undefined || memo === null) return undefined;
  try {
    return usage(memo, 'memo.usage');
  } catch (error) {
    if (error instanceof DroverError) return undefined;
    throw error;
  }
}
