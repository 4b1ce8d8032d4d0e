/** Every activity proxy, with its timeout, its retry and the reason for both. */
import type { RetryPolicy } from '@temporalio/common';
import { type ActivityOptions, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type {
  FamilyActivities,
  FleetActivities,
  GatewayActivities,
  MonitorActivities,
  NotificationActivities,
  ProviderActivities,
  SignalActivities,
  SubscriptionActivities,
  TurnActivities,
  UndoActivities,
} from '../contract/activities';
import type { ProviderKind } from '../contract/agent';
import { queues } from '../contract/names';
import { CREATE_TIMEOUT_MS } from '../rules/change/late-creates';

/**
 * When a worker is killed during a call, another worker repeats the call after this time instead of the full timeout, because a user
 * waits for the change. The activities heartbeat every quarter of it.
 */
const LOST_WORKER: ActivityOptions = { heartbeatTimeout: '10s' };

/** docs/provisioning.md, "Patience": 3 attempts, backoff up to 2 s between, 30 s per call. A provider's 4xx arrives as non-retryable. */
const PROVIDER_POLICY: ActivityOptions = {
  ...LOST_WORKER,
  startToCloseTimeout: CREATE_TIMEOUT_MS,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2s', maximumAttempts: 3 },
};

/** docs/provisioning.md, "Patience": 10 attempts per undo with exponential backoff, 30 s each. The workflow ends the compensation after 24 h. */
const UNDO_POLICY: ActivityOptions = {
  startToCloseTimeout: '30s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 10 },
};

function onQueueOf(provider: ProviderKind, host: string | undefined): { taskQueue: string } {
  const prefix = workflowInfo().taskQueue;
  return { taskQueue: provider === 'process' && host !== undefined ? queues.host(prefix, host) : queues.main(prefix) };
}

/**
 * How long a call of a change waits in the queue of a host, in milliseconds. A worker that restarts is back within it, and the change asks
 * again (provision/host.ts); without it, a change whose host is gone for good would wait for ever, and neither a cancellation nor its timeout
 * would end it. An agent has no such limit: it waits for its host.
 */
export const HOST_TAKES_WITHIN_MS = 60_000;

/** The queue for a call of a change, and the limit where that is the queue of a host: without a worker of the main queue no change runs. */
function onQueueInTime(provider: ProviderKind, host: string | undefined): ActivityOptions {
  const queue = onQueueOf(provider, host);
  return provider === 'process' && host !== undefined
    ? { ...queue, scheduleToStartTimeout: HOST_TAKES_WITHIN_MS }
    : queue;
}

/** Effects of a change on a resource. */
export function changeActivities(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): ProviderActivities {
  return proxyActivities<ProviderActivities>({ ...PROVIDER_POLICY, ...onQueueInTime(provider, host), summary });
}

/** Effects on a resource, on the queue of the host that holds it. */
export function providerActivities(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): ProviderActivities {
  return proxyActivities<ProviderActivities>({ ...PROVIDER_POLICY, ...onQueueOf(provider, host), summary });
}

/**
 * A pull of an image continues while it makes progress, at most 30 minutes (src/providers/docker/pull.ts). The limit is one minute more,
 * so that the provider reports first. Heartbeats carry the progress. A change or an agent that ends does not wait for the pull.
 */
export function preparation(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): Pick<ProviderActivities, 'prepareResource'> {
  return proxyActivities<Pick<ProviderActivities, 'prepareResource'>>({
    ...PROVIDER_POLICY,
    ...onQueueOf(provider, host),
    startToCloseTimeout: '31m',
    cancellationType: 'TRY_CANCEL',
    summary,
  });
}

/**
 * A stop takes its grace period at most, so the limit is that plus 30 s for the kill. The heartbeat detects a lost worker long before a
 * long grace period ends.
 */
export function stopActivity(
  provider: ProviderKind,
  host: string | undefined,
  graceMs: number,
  summary: string,
): Pick<ProviderActivities, 'stopResource'> {
  return proxyActivities<Pick<ProviderActivities, 'stopResource'>>({
    ...PROVIDER_POLICY,
    ...onQueueOf(provider, host),
    startToCloseTimeout: graceMs + 30_000,
    summary,
  });
}

/** The undo of a create, with the retries of a compensation. */
export function undoActivities(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): Pick<ProviderActivities, 'destroyResource'> {
  return proxyActivities<Pick<ProviderActivities, 'destroyResource'>>({
    ...UNDO_POLICY,
    ...LOST_WORKER,
    ...onQueueInTime(provider, host),
    summary,
  });
}

/**
 * For calls that a supervisor retries anyway (src/workflows/shared/supervise.ts): a few attempts within three seconds cover a short
 * outage. Then the workflow receives the failure, shows it in its card, and retries with its own backoff.
 */
const FEW: RetryPolicy = {
  initialInterval: '200ms',
  backoffCoefficient: 2,
  maximumInterval: '2s',
  maximumAttempts: 5,
};

/** Short calls to Temporal for a change, which retries them (src/workflows/shared/supervise.ts). */
export function fleetActivities(
  summary: string,
): Pick<FleetActivities, 'place' | 'ensureAgent' | 'findLost' | 'abandonAgent'> {
  return proxyActivities<Pick<FleetActivities, 'place' | 'ensureAgent' | 'findLost' | 'abandonAgent'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '30s',
    retry: FEW,
    summary,
  });
}

/** One round of holds: a minute (src/activities/fleet.ts), and another minute for its last calls. */
export function holdActivity(summary: string): Pick<FleetActivities, 'setHold'> {
  return proxyActivities<Pick<FleetActivities, 'setHold'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '2m',
    retry: FEW,
    summary,
  });
}

/**
 * Watches a change that must end. Its undo may take 24 h (docs/provisioning.md, "Patience"), so the limit is an hour more. The heartbeat
 * detects a lost worker after four checks of 5 s. A caller that cancels this activity does not wait for it.
 */
export function giveUpActivity(summary: string): Pick<FleetActivities, 'giveUpUnanswered'> {
  return proxyActivities<Pick<FleetActivities, 'giveUpUnanswered'>>({
    startToCloseTimeout: '25h',
    heartbeatTimeout: '20s',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
    cancellationType: 'TRY_CANCEL',
    summary,
  });
}

/**
 * Cancels the runs of a fleet: half a minute for their ends, and 5 s for each that does not answer, so the limit is five minutes. After a
 * few attempts the fleet continues: a run that cannot be cancelled must not keep a fleet from being destroyed.
 */
export function cancelRunsActivity(): Pick<FleetActivities, 'cancelRuns'> {
  return proxyActivities<Pick<FleetActivities, 'cancelRuns'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '5m',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumAttempts: 5 },
    summary: 'cancel the runs of the fleet',
  });
}

/**
 * Asks the fleet of a run that was started without a topology. It runs within the first workflow task, so that the run answers queries
 * from then on. A fleet answers in milliseconds, or in seconds after a restart of its worker. After a minute the run fails, and its
 * caller starts it again.
 */
export function planActivity(): Pick<FleetActivities, 'planRun'> {
  return proxyLocalActivities<Pick<FleetActivities, 'planRun'>>({
    startToCloseTimeout: '15s',
    scheduleToCloseTimeout: '1m',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
    summary: 'ask the fleet for its topology',
  });
}

/**
 * Retiring waits for the agent's drain (10 min by default) and its grace period, so the limit is an hour. The heartbeat detects a lost
 * worker, and the next attempt joins the same retirement.
 */
export function retireActivity(summary: string): Pick<FleetActivities, 'retireAgent'> {
  return proxyActivities<Pick<FleetActivities, 'retireAgent'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '1h',
    retry: FEW,
    summary,
  });
}

/**
 * Removes an agent that may be abandoned. Without a drain an end takes three minutes at most (see undoRetireActivity) and a call to a
 * provider 30 s. If five minutes are not enough, the host or the engine is gone for good.
 */
export function forgetfulActivities(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): {
  readonly agents: Pick<FleetActivities, 'retireAgent'>;
  readonly resources: Pick<ProviderActivities, 'destroyResource'>;
} {
  const within = { scheduleToCloseTimeout: '5m', summary } as const;
  return {
    agents: proxyActivities<Pick<FleetActivities, 'retireAgent'>>({
      ...UNDO_POLICY,
      ...LOST_WORKER,
      ...within,
      startToCloseTimeout: '3m',
    }),
    resources: proxyActivities<Pick<ProviderActivities, 'destroyResource'>>({
      ...PROVIDER_POLICY,
      ...onQueueInTime(provider, host),
      ...within,
    }),
  };
}

/**
 * Retiring in an undo never drains, so three minutes cover the grace period (10 s) and three calls to the provider. 10 attempts as for
 * every undo (docs/provisioning.md, "Patience").
 */
export function undoRetireActivity(summary: string): Pick<FleetActivities, 'retireAgent'> {
  return proxyActivities<Pick<FleetActivities, 'retireAgent'>>({
    ...UNDO_POLICY,
    ...LOST_WORKER,
    startToCloseTimeout: '3m',
    summary,
  });
}

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
 * A new credential for a running agent, on the queue of its provider, whose worker has the secret. 30 s per call and 3 attempts as for
 * every effect on an agent. After that the agent is restarted, or keeps its previous credential.
 */
export function credentialActivity(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): Pick<SubscriptionActivities, 'reloadCredential'> {
  return proxyActivities<Pick<SubscriptionActivities, 'reloadCredential'>>({
    ...PROVIDER_POLICY,
    ...onQueueOf(provider, host),
    summary,
  });
}

/** Updates of a few pools. They are idempotent, and the fleet retries them. */
export function poolActivities(summary: string): Pick<SubscriptionActivities, 'configurePools'> {
  return proxyActivities<Pick<SubscriptionActivities, 'configurePools'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '2m',
    retry: FEW,
    summary,
  });
}

/** Starts of notification workflows. They are idempotent, and the workflow that raises the event retries them. */
export function notificationActivities(summary: string): Pick<NotificationActivities, 'raiseEvent'> {
  return proxyActivities<Pick<NotificationActivities, 'raiseEvent'>>({
    startToCloseTimeout: '30s',
    retry: FEW,
    summary,
  });
}

/** A webhook that is down for a weekend still receives the event: backoff 1 s, 3 s, 9 s … up to an hour, for three days. */
export function webhookActivities(summary: string): Pick<NotificationActivities, 'postWebhook'> {
  return proxyActivities<Pick<NotificationActivities, 'postWebhook'>>({
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '3d',
    retry: { initialInterval: '1s', backoffCoefficient: 3, maximumInterval: '1h' },
    summary,
  });
}

/**
 * The health monitor returns every 10 minutes, so its limit is 15. The heartbeat detects a lost worker within 20 s, and the next attempt
 * continues from the memory in the heartbeats. After a few failures the fleet starts it again. A caller that cancels it does not wait,
 * because late reports are still correct.
 */
export function monitorActivity(summary: string): MonitorActivities {
  return proxyActivities<MonitorActivities>({
    taskQueue: queues.monitor(workflowInfo().taskQueue),
    startToCloseTimeout: '15m',
    heartbeatTimeout: '20s',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 5 },
    cancellationType: 'TRY_CANCEL',
    summary,
  });
}

/** Checks the gateway, which answers within 2 s or not at all. One attempt, because the agent's workflow repeats the check. */
export function gatewayActivities(): GatewayActivities {
  return proxyActivities<GatewayActivities>({
    startToCloseTimeout: '5s',
    retry: { maximumAttempts: 1 },
    summary: 'check whether a gateway listens',
  });
}

/**
 * A signal to another workflow, sent within the sender's workflow task (decision 15). The call takes milliseconds, so its limit is 10 s. It
 * is idempotent, because receivers deduplicate messages by id. After five failures within three seconds it no longer holds the task, and
 * the outbox retries it with a timer (src/workflows/shared/outbox.ts).
 */
export function signalActivities(): SignalActivities & FamilyActivities {
  return proxyLocalActivities<SignalActivities & FamilyActivities>({
    startToCloseTimeout: '10s',
    retry: FEW,
  });
}
