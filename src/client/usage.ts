/** What the turns of a fleet took: its agents' own sums, and what ended agents have left in the fleet. */
import { DroverError } from '../contract/errors';
import type { FleetView } from '../contract/fleet';
import { AGENT_WORKFLOW } from '../contract/names';
import type { Usage } from '../contract/usage';
import { sumOfUsage, usage } from '../rules/lib/turn/usage';
import type { CallOptions } from './temporal/call-options';
import type { Calls } from './temporal/calls';
import { allPages } from './temporal/pages';
import { equals, listWorkflows } from './temporal/visibility';

/** The sum of a fleet; eventually consistent. Undefined: no turn reported usage. */
export async function usageOf(
  calls: Calls,
  { fleet, usage: left }: FleetView,
  options: CallOptions,
): Promise<Usage | undefined> {
  const running = [
    equals('WorkflowType', AGENT_WORKFLOW),
    equals('DroverFleet', fleet),
    equals('ExecutionStatus', 'Running'),
  ];
  const memos = await allPages((page) =>
    listWorkflows(calls, running, ({ memo }) => memo('usage'), { ...page, ...options }),
  );
  return sumOfUsage([left, ...memos.map(usageIn)]);
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
