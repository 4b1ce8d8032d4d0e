/** Activities that ask an agent for a turn or for its undo. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ReplicaActivities, TurnActivities, UndoActivities } from '../../contract/activities';
import { queues } from '../../contract/names';
import { UNDO_POLICY } from './policies';

/**
 * A turn (docs/workflow-rules.md, rule 13). The heartbeat timeout of 20 s detects a lost worker. 30 days are only an outer bound, because
 * the turn's own limit is a pausable timer of the agent's workflow. A lost connection gets three attempts; then the agent's workflow
 * inspects the agent and retries with the same turn id, as long as `unavailableTimeout` allows.
 */
export function turnActivities(summary: string): TurnActivities {
  return proxyActivities<TurnActivities>({
    taskQueue: queues.turns(workflowInfo().taskQueue),
    startToCloseTimeout: '30d',
    heartbeatTimeout: '20s',
    retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '2s', maximumAttempts: 3 },
    // The activity receives the cancellation with its heartbeat, aborts the request, and still returns an answer that was in flight.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary,
  });
}

/** The undo of a finished turn, with the retries of a compensation, because the agent may be restarting. */
export function undoTurnActivity(summary: string): UndoActivities {
  return proxyActivities<UndoActivities>({ ...UNDO_POLICY, summary });
}

/**
 * Chooses a replica. It asks the workflows of all replicas, so it is not a local activity: that would keep the branch's workflow task, and
 * with it a slot that the answers need. The agents have 10 s to answer. After a minute the turn fails as for an agent that is not there.
 */
export function replicaActivity(summary: string): ReplicaActivities {
  return proxyActivities<ReplicaActivities>({
    startToCloseTimeout: '20s',
    scheduleToCloseTimeout: '1m',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
    summary,
  });
}
