/** Agents in visibility: what they reported last, and whether they answer. */
import { isTerminated } from '../../rules/agent/lifecycle';
import { AGENT_MEMO } from '../../contract/agent';
import type { AgentListItem, AgentStatus, AgentTold, Liveness, Unknown } from '../../contract/agent';
import { DIRECT_INCARNATION, INCARNATION_MEMO } from '../../contract/names';
import { equals, type Listed, REPORTED_TO_FAIL } from '../temporal/visibility';
import { toldUsageField } from '../usage';

/** An agent of a list, as it reported itself last. */
export type ToldAgent = Pick<AgentListItem, 'fleet' | 'name' | 'holds' | 'subscription'> & {
  readonly status: AgentStatus;
  readonly liveness: Liveness;
};

/**
 * An agent whose workflow is open. `incarnation` is its fleet's, or `direct` if a service started
 * it; `startedAt` in ISO 8601.
 */
export interface RunningAgent {
  readonly fleet: string;
  readonly name: string;
  readonly incarnation: string;
  readonly startedAt: string;
}

/** A running agent, from its memo. */
export function runningAgent(found: Listed): RunningAgent {
  const { fleet, name } = toldOf(found);
  const incarnation = found.memo(INCARNATION_MEMO);
  return {
    fleet,
    name,
    incarnation: typeof incarnation === 'string' ? incarnation : DIRECT_INCARNATION,
    startedAt: found.startedAt ?? '',
  };
}

/**
 * Every closed status of a workflow but continued-as-new. An agent whose workflow is closed counts
 * as terminated.
 */
const ENDS = ['Completed', 'Terminated', 'Canceled', 'Failed', 'TimedOut'] as const;

/** Conditions for agents in this status; for all running agents unless given. */
export function statusConditions(status: AgentStatus | Unknown | undefined): string[] {
  const open = equals('ExecutionStatus', 'Running');
  if (status === undefined) return [open];
  if (status === 'unknown') return [open, REPORTED_TO_FAIL];
  if (isTerminated({ status })) return [`ExecutionStatus IN (${ENDS.map((end) => `'${end}'`).join(', ')})`];
  return [open, equals('DroverAgentStatus', status)];
}

/** Conditions for agents with this liveness. */
export function livenessConditions(liveness: Liveness | Unknown): string[] {
  return [liveness === 'unknown' ? REPORTED_TO_FAIL : equals('DroverLiveness', liveness)];
}

/** An agent of a list; its state is `unknown` when visibility reports that it does not answer. */
export function agentItem(found: Listed): AgentListItem {
  const { problem } = found;
  const told = toldOf(found);
  const shown = { ...told, ...shownOf(found), ...toldUsageField(found), problem };
  if (problem === null) return shown;
  return { ...shown, status: 'unknown', phase: 'unknown', runtime: 'unknown', liveness: 'unknown' };
}

type Shown = Pick<AgentListItem, 'phase' | 'runtime' | 'restarts' | 'since' | 'why'>;

/** The fields for lists that the agent reports; an agent that was ended from outside could not report its end. */
function shownOf({ memo, closedAt, startedAt }: Listed): Shown {
  const told = memo(AGENT_MEMO) as AgentTold | undefined;
  if (told === undefined || told === null)
    return {
      phase: closedAt === null ? 'pending' : 'terminated',
      runtime: 'unknown',
      restarts: 0,
      since: startedAt,
      why: null,
    };
  return closedAt === null ? told : { ...told, phase: 'terminated' };
}

/** The last report of an agent. An end from outside is not in it, so the close time decides. */
export function toldOf({ workflowId, attribute, closedAt, memo }: Listed): ToldAgent {
  // The memo has all holds; the attribute is limited.
  const allHolds = memo('holds');
  // The id exists from the start on. The attributes exist from the first workflow task on, which
  // needs a worker.
  const [, fleet = '', name = ''] = workflowId.split('/');
  return {
    fleet,
    name,
    // Until these two are set, an agent is in its initial state.
    status: closedAt === null ? ((attribute('DroverAgentStatus')[0] ?? 'pending') as AgentStatus) : 'terminated',
    liveness: (attribute('DroverLiveness')[0] ?? 'starting') as Liveness,
    holds: Array.isArray(allHolds) ? allHolds.map(String) : attribute('DroverHolds'),
    subscription: attribute('DroverSubscription')[0] ?? null,
  };
}
