/** Agents as visibility has them: what they have told of themselves, and whether they answer. */
import { isTerminated } from '../rules/agent/lifecycle';
import type { AgentListItem, AgentStatus, Liveness, Unknown } from '../contract/agent';
import { DIRECT_INCARNATION, INCARNATION_MEMO } from '../contract/names';
import { equals, type Listed, REPORTED_TO_FAIL } from './temporal/visibility';

/** An agent of a list as it has told of itself. */
export type ToldAgent = Omit<AgentListItem, 'status' | 'liveness' | 'problem'> & {
  readonly status: AgentStatus;
  readonly liveness: Liveness;
};

/** An agent whose workflow is open. `incarnation` is its fleet's, `direct` where a service has started it; `startedAt` in ISO 8601. */
export interface RunningAgent {
  readonly fleet: string;
  readonly name: string;
  readonly incarnation: string;
  readonly startedAt: string;
}

/** An agent that runs, from its memo. */
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

/** Every end of a workflow but the one that goes on as another run: an agent whose workflow is closed is terminated, whoever closed it. */
const ENDS = ['Completed', 'Terminated', 'Canceled', 'Failed', 'TimedOut'] as const;

/** Of agents in this status; all that run unless given. */
export function statusConditions(status: AgentStatus | Unknown | undefined): string[] {
  const open = equals('ExecutionStatus', 'Running');
  if (status === undefined) return [open];
  if (status === 'unknown') return [open, REPORTED_TO_FAIL];
  if (isTerminated({ status })) return [`ExecutionStatus IN (${ENDS.map((end) => `'${end}'`).join(', ')})`];
  return [open, equals('DroverAgentStatus', status)];
}

/** Of agents of this liveness. */
export function livenessConditions(liveness: Liveness | Unknown): string[] {
  return [liveness === 'unknown' ? REPORTED_TO_FAIL : equals('DroverLiveness', liveness)];
}

/** An agent as visibility has it; `unknown` where it is reported not to answer. */
export function agentItem(found: Listed): AgentListItem {
  const { problem } = found;
  const told = toldOf(found);
  return problem === null ? { ...told, problem } : { ...told, status: 'unknown', liveness: 'unknown', problem };
}

/** What an agent has told of itself last; one whose workflow was ended from outside has told nothing of that. */
export function toldOf({ workflowId, attribute, closedAt, memo }: Listed): ToldAgent {
  // More than the attribute takes are in the memo.
  const allHolds = memo('holds');
  // Its id is there from its start on, its attributes from its first task on, for which a worker may have to come back first.
  const [, fleet = '', name = ''] = workflowId.split('/');
  return {
    fleet,
    name,
    // Born without these two, an agent is what every agent is at its birth.
    status: closedAt === null ? ((attribute('DroverAgentStatus')[0] ?? 'pending') as AgentStatus) : 'terminated',
    liveness: (attribute('DroverLiveness')[0] ?? 'starting') as Liveness,
    holds: Array.isArray(allHolds) ? allHolds.map(String) : attribute('DroverHolds'),
    subscription: attribute('DroverSubscription')[0] ?? null,
  };
}
