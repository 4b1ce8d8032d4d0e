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
 * A call whose worker was killed in the middle of it is repeated by another one after this, not when its whole time is up: whoever
 * waits for the change waits that long. The activities beat every quarter of it.
 */
const LOST_WORKER: ActivityOptions = { heartbeatTimeout: '10s' };

/** docs/provisioning.md, "Patience": 3 attempts, backoff up to 2 s between, 30 s per call. A provider's 4xx arrives as non-retryable. */
const PROVIDER_POLICY: ActivityOptions = {
  ...LOST_WORKER,
  startToCloseTimeout: CREATE_TIMEOUT_MS,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2s', maximumAttempts: 3 },
};

/** docs/provisioning.md, "Patience": 10 attempts per undo with exponential backoff, 30 s each; the whole ends after 24 h by the planner's clock. */
const UNDO_POLICY: ActivityOptions = {
  startToCloseTimeout: '30s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 10 },
};

function onQueueOf(provider: ProviderKind, host: string | undefined): { taskQueue: string } {
  const prefix = workflowInfo().taskQueue;
  return { taskQueue: provider === 'process' && host !== undefined ? queues.host(prefix, host) : queues.main(prefix) };
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
 * A pull of an image goes on for as long as it makes progress, at most 30 minutes (providers/docker/pull.ts), of which the provider itself
 * tells first: one more minute here. Its heartbeats carry its progress. A change or an agent that ends does not wait for it.
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
 * A polite stop takes as long as its grace, so its limit is the grace and 30 s for the kill; a lost worker is noticed by the
 * heartbeat, well before a long grace has passed.
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

/** The undo of a create, with the longer patience of a compensation. */
export function undoActivities(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): Pick<ProviderActivities, 'destroyResource'> {
  return proxyActivities<Pick<ProviderActivities, 'destroyResource'>>({
    ...UNDO_POLICY,
    ...LOST_WORKER,
    ...onQueueOf(provider, host),
    summary,
  });
}

/**
 * What a supervisor repeats anyway (shared/supervise.ts) is tried a few times within three seconds, which hides a hiccup; then the
 * workflow hears of it, says so in its card, and tries again at its own pace.
 */
const FEW: RetryPolicy = {
  initialInterval: '200ms',
  backoffCoefficient: 2,
  maximumInterval: '2s',
  maximumAttempts: 5,
};

/** Short calls to Temporal itself on behalf of a change, which goes on where they fail (shared/supervise.ts). */
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

/** One round of holds: a minute (activities/fleet.ts), and as much again for the last of its calls. */
export function holdActivity(summary: string): Pick<FleetActivities, 'setHold'> {
  return proxyActivities<Pick<FleetActivities, 'setHold'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '2m',
    retry: FEW,
    summary,
  });
}

/**
 * Watching a change that is to end: it may be undone for 24 h (docs/provisioning.md, "Patience"), and the limit is an hour more; a lost worker is noticed by the
 * heartbeat, two looks late. Whoever has it cancelled does not wait.
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
 * Cancelling the runs of a fleet: half a minute for their ends, and 5 s for each that does not answer, so five minutes are the limit. A few
 * attempts, then the fleet goes on: a run that cannot be cancelled does not keep a fleet from being destroyed.
 */
export function cancelRunsActivity(): Pick<FleetActivities, 'cancelRuns'> {
  return proxyActivities<Pick<FleetActivities, 'cancelRuns'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '5m',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumAttempts: 5 },
    summary: 'cancel the runs',
  });
}

/**
 * Retiring waits for the agent's drain (10 min by default) and its grace, so the limit is an hour; the heartbeat notices a lost
 * worker, and the repeat finds the same retirement under way.
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
 * Removing what may be given up: without a drain an end takes three minutes at most (see undoRetireActivity) and a call to a provider 30 s, so
 * what is not removed after five, as its host or its engine is gone for good, is not going to be.
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
      ...onQueueOf(provider, host),
      ...within,
    }),
  };
}

/**
 * Retiring as part of an undo never drains, so three minutes are the grace (10 s) and three calls to the provider; 10 attempts as
 * for every undo (docs/provisioning.md, "Patience").
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
 * A turn (docs/workflow-rules.md, rule 13): heartbeat 20 s notices a lost worker; 30 days is only the outer bound, as the turn's own limit is a
 * pausable timer of the agent's workflow. A lost connection is tried three times; then the agent's workflow looks at the agent and asks again,
 * with the same turn id, for as long as its `unavailableTimeout` allows.
 */
export function turnActivities(summary: string): TurnActivities {
  return proxyActivities<TurnActivities>({
    taskQueue: queues.turns(workflowInfo().taskQueue),
    startToCloseTimeout: '30d',
    heartbeatTimeout: '20s',
    retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '2s', maximumAttempts: 3 },
    // An agent answers late rather than never: the activity hears of the cancellation by its heartbeat and aborts the request.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary,
  });
}

/** The undo of a finished turn: the patience of a compensation, as the agent may just be coming back. */
export function undoTurnActivity(summary: string): UndoActivities {
  return proxyActivities<UndoActivities>({ ...UNDO_POLICY, summary });
}

/**
 * A new credential for a running agent, on the queue of its provider, whose worker has its secret. 30 s per call and 3 attempts as for every
 * effect on an agent; what still fails then is made up for by a restart, or by the credential of before.
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

/** Updates of a few pools: they may be repeated at will, and the fleet does so. */
export function poolActivities(summary: string): Pick<SubscriptionActivities, 'configurePools'> {
  return proxyActivities<Pick<SubscriptionActivities, 'configurePools'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '2m',
    retry: FEW,
    summary,
  });
}

/** Starts of workflows: they may be repeated at will, and whoever raises an event does so. */
export function notificationActivities(summary: string): Pick<NotificationActivities, 'raiseEvent'> {
  return proxyActivities<Pick<NotificationActivities, 'raiseEvent'>>({
    startToCloseTimeout: '30s',
    retry: FEW,
    summary,
  });
}

/** A webhook that is down for a weekend still hears of it: at once, then after 1 s, 3 s, 9 s … an hour at most, for three days. */
export function webhookActivities(summary: string): Pick<NotificationActivities, 'postWebhook'> {
  return proxyActivities<Pick<NotificationActivities, 'postWebhook'>>({
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '3d',
    retry: { initialInterval: '1s', backoffCoefficient: 3, maximumInterval: '1h' },
    summary,
  });
}

/**
 * The health monitor returns every 10 minutes, so 15 are its limit; a lost worker is noticed within 20 s, and another one goes on from the
 * memory in its heartbeats. After a few failures the fleet begins the next round. Whoever has it cancelled does not wait: what it still reports is true.
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

/** A question that is answered within 2 s, or not at all; a worker that has no time for it is asked again by the agent. */
export function gatewayActivities(): GatewayActivities {
  return proxyActivities<GatewayActivities>({
    startToCloseTimeout: '5s',
    retry: { maximumAttempts: 1 },
    summary: 'does a gateway listen?',
  });
}

/**
 * A signal to another workflow, sent within the sender's own task (decision 15): one call that takes milliseconds, so 10 s are its limit. It may
 * be repeated at will, as receivers know their messages by id. What fails five times within three seconds no longer holds the sender's task: the
 * outbox tries again by a timer (shared/outbox.ts).
 */
export function signalActivities(): SignalActivities & FamilyActivities {
  return proxyLocalActivities<SignalActivities & FamilyActivities>({
    startToCloseTimeout: '10s',
    retry: FEW,
  });
}
