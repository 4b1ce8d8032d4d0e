/** The settings that the activity proxies share: queues, timeouts and retries, each with its reason. */
import type { RetryPolicy } from '@temporalio/common';
import { type ActivityOptions, workflowInfo } from '@temporalio/workflow';
import type { ProviderKind } from '../../contract/agent';
import { CREATE_TIMEOUT_MS } from '../../rules/change/late-creates';
import { queues } from '../../contract/names';

/**
 * When a worker is killed during a call, another worker repeats the call after this time instead of the full timeout, because a user
 * waits for the change. The activities heartbeat every quarter of it.
 */
export const LOST_WORKER: ActivityOptions = { heartbeatTimeout: '10s' };

/** docs/provisioning.md, "Patience": 3 attempts, backoff up to 2 s between, 30 s per call. A provider's 4xx arrives as non-retryable. */
export const PROVIDER_POLICY: ActivityOptions = {
  ...LOST_WORKER,
  startToCloseTimeout: CREATE_TIMEOUT_MS,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2s', maximumAttempts: 3 },
};

/** docs/provisioning.md, "Patience": 10 attempts per undo with exponential backoff, 30 s each. The workflow ends the compensation after 24 h. */
export const UNDO_POLICY: ActivityOptions = {
  startToCloseTimeout: '30s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 10 },
};
/** The task queue of a provider: that of its host for a process, else the main queue. */
export function onQueueOf(provider: ProviderKind, host: string | undefined): { taskQueue: string } {
  const prefix = workflowInfo().taskQueue;
  return { taskQueue: provider === 'process' && host !== undefined ? queues.host(prefix, host) : queues.main(prefix) };
}

/**
 * How long a call of a change waits in the queue of a host, in milliseconds. A worker that restarts is back within it, and the change asks
 * again (shared/host.ts); without it, a change whose host is gone for good would wait for ever, and neither a cancellation nor its timeout
 * would end it. An agent has no such limit: it waits for its host.
 */
export const HOST_TAKES_WITHIN_MS = 60_000;

/** The queue for a call of a change, and the limit if that is the queue of a host: without a worker of the main queue no change runs. */
export function onQueueInTime(provider: ProviderKind, host: string | undefined): ActivityOptions {
  const queue = onQueueOf(provider, host);
  return provider === 'process' && host !== undefined
    ? { ...queue, scheduleToStartTimeout: HOST_TAKES_WITHIN_MS }
    : queue;
}

/**
 * For calls that a supervisor retries anyway (src/workflows/shared/supervise.ts): a few attempts within three seconds cover a short
 * outage. Then the workflow receives the failure, shows it in its card, and retries with its own backoff.
 */
export const FEW: RetryPolicy = {
  initialInterval: '200ms',
  backoffCoefficient: 2,
  maximumInterval: '2s',
  maximumAttempts: 5,
};
