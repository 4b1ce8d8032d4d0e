/** The task queues of a worker, with what each of them runs. */
import type { WorkerOptions } from '@temporalio/worker';
import { UNINTERRUPTED } from './activation-time';
import type { Settings } from '../config';
import { queues } from '../contract/names';
import { workflowCode } from './workflow-code';

/** The kinds of task queues that a worker may serve; all of them unless given. */
export const QUEUE_KINDS = ['main', 'turns', 'monitor', 'host'] as const;
/** One of `QUEUE_KINDS`. */
export type QueueKind = (typeof QUEUE_KINDS)[number];

/**
 * How long running work may take before it is cancelled (another worker then gets it), and before
 * it is cut off.
 */
const SHUTDOWN = { shutdownGraceTime: '3s', shutdownForceTime: '10s' } as const;

/**
 * By default the SDK sends a heartbeat after four fifths of its timeout. An activity learns of its
 * cancellation from the answer, and on a busy machine the last fifth is too short.
 */
const HEARTBEATS = { maxHeartbeatThrottleInterval: '2s' } as const;

/** The options of the SDK's worker on one queue. */
export function queueOptions(kind: QueueKind, settings: Settings): WorkerOptions {
  return { ...optionsOf(kind, settings), ...SHUTDOWN, ...HEARTBEATS };
}

function optionsOf(kind: QueueKind, { queuePrefix, host, maxCachedWorkflows, turnSlots }: Settings): WorkerOptions {
  switch (kind) {
    case 'main':
      return {
        taskQueue: queues.main(queuePrefix),
        // The SDK sizes its cache by the heap and expects small workflows; an agent holds up to 1.5
        // MiB of state.
        maxCachedWorkflows,
        // How long a workflow waits for its last worker: after a kill -9, people wait this long.
        stickyQueueScheduleToStartTimeout: '3s',
        ...UNINTERRUPTED,
        ...workflowCode(),
      };
    case 'turns':
      return {
        taskQueue: queues.turns(queuePrefix),
        maxConcurrentActivityTaskExecutions: turnSlots,
      };
    case 'monitor':
      return { taskQueue: queues.monitor(queuePrefix) };
    case 'host':
      return { taskQueue: queues.host(queuePrefix, host) };
  }
}
