/** Finds what a fleet owns and what is gone, for `describe` (decision 22). */
import type { LostParts, WorkflowEnd } from '../../contract/ends';
import type { FleetView } from '../../contract/fleet';
import { AGENT_WORKFLOW, POOL_WORKFLOW } from '../../contract/names';
import type { Calls } from '../temporal/calls';
import type { CallOptions } from '../temporal/call-options';
import { endOf } from '../temporal/ends';
import { allPages } from '../temporal/pages';
import { agentSubject, poolSubject, type Subject } from '../temporal/subject';
import { equals, listWorkflows } from '../temporal/visibility';

/** The most that one answer names. */
const MOST_LOOKED_AT = 100;

/**
 * Lists what runs, then looks at each part that is not listed: visibility lags by about a second,
 * so it may miss new parts. While a change runs, agents come and go, so nothing counts as lost.
 */
export async function lostOf(calls: Calls, view: FleetView, options: CallOptions): Promise<LostParts> {
  if (view.change?.state === 'running') return { agents: {}, pools: {} };
  const { fleet, agents, spec } = view;
  const pools = spec.subscriptions?.map(({ pool }) => pool) ?? [];
  const ofFleet = [equals('WorkflowType', AGENT_WORKFLOW), equals('DroverFleet', fleet)];
  return {
    agents: await ended(calls, Object.keys(agents), ofFleet, (agent) => agentSubject({ fleet, agent }), options),
    pools: await ended(calls, pools, [equals('WorkflowType', POOL_WORKFLOW)], poolSubject, options),
  };
}

async function ended(
  calls: Calls,
  names: readonly string[],
  conditions: readonly string[],
  subjectOf: (name: string) => Subject,
  options: CallOptions,
): Promise<Record<string, WorkflowEnd>> {
  if (names.length === 0) return {};
  const running = [...conditions, equals('ExecutionStatus', 'Running')];
  const listed = new Set(
    await allPages((page) => listWorkflows(calls, running, ({ workflowId }) => workflowId, { ...page, ...options })),
  );
  const unseen = names.filter((name) => !listed.has(subjectOf(name).workflowId)).slice(0, MOST_LOOKED_AT);
  const ends = await Promise.all(unseen.map((name) => endOf(calls, subjectOf(name), options)));
  return Object.fromEntries(unseen.flatMap((name, index) => (ends[index] ? [[name, ends[index]]] : [])));
}
