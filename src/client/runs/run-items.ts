/** Runs in visibility: the state that they reported last, and how their workflows ended. */
import type { Unknown } from '../../contract/agent';
import type { RunListItem, RunState } from '../../contract/run';
import { equals, type Listed, REPORTED_TO_FAIL } from '../temporal/visibility';
import { toldUsageField } from '../usage';

/**
 * The state of a run that has not reported its end, by Temporal's `WorkflowExecutionStatus`; any
 * other status is `failed`.
 */
const STATES: Readonly<Record<number, RunState>> = { 1: 'running', 2: 'completed', 4: 'cancelled' };

/** The statuses of workflows that were ended before they could report it. */
const ENDED_AS: Readonly<Partial<Record<RunState, readonly string[]>>> = {
  failed: ['Failed', 'Terminated', 'TimedOut'],
  cancelled: ['Canceled'],
};

/** Conditions for runs in this state. */
export function stateConditions(state: RunState | Unknown): string[] {
  const open = equals('ExecutionStatus', 'Running');
  if (state === 'unknown') return [open, REPORTED_TO_FAIL];
  const told = equals('DroverRunState', state);
  if (!isOver(state)) return [open, told];
  const ends = (ENDED_AS[state] ?? []).map((status) => equals('ExecutionStatus', status));
  return [`(${[told, ...ends].join(' OR ')})`];
}

/** A run of a list, in the state that its workflow reported. */
export function runItem(found: Listed): RunListItem {
  const { workflowId, status, startedAt, closedAt, attribute, problem } = found;
  const [, fleet = '', run = ''] = workflowId.split('/');
  const told = attribute('DroverRunState')[0] as RunState | undefined;
  // A workflow that was ended from outside has not reported that.
  const isTold = told !== undefined && (closedAt === null || isOver(told));
  const state = isTold ? told : (STATES[status] ?? 'failed');
  return {
    fleet,
    run,
    state: problem === null ? state : 'unknown',
    startedAt,
    endedAt: closedAt,
    ...toldUsageField(found),
    problem,
  };
}

function isOver(state: RunState): boolean {
  return state !== 'running' && state !== 'paused';
}
