/** Activities that change fleets: agents' workflows, runs, pools and the health monitor. */
import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { ProviderKind } from '../../contract/agent';
import type {
  FleetActivities,
  MonitorActivities,
  ProviderActivities,
  SubscriptionActivities,
} from '../../contract/activities';
import { LOST_WORKER, FEW, UNDO_POLICY, PROVIDER_POLICY, onQueueInTime } from './policies';
import { queues } from '../../contract/names';

/** Short calls to Temporal for a change, which retries them (src/workflows/shared/supervise.ts). */
export function fleetActivities(
  summary: string,
): Pick<FleetActivities, 'place' | 'ensureAgent' | 'findLost' | 'abandonAgent' | 'keepAgent' | 'askChange'> {
  return proxyActivities<
    Pick<FleetActivities, 'place' | 'ensureAgent' | 'findLost' | 'abandonAgent' | 'keepAgent' | 'askChange'>
  >({
    ...LOST_WORKER,
    startToCloseTimeout: '30s',
    retry: FEW,
    summary,
  });
}

/** One round of holds: a minute (src/activities/fleet/fleet.ts), and another minute for its last calls. */
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
 * worker, and the next attempt joins the same retirement. A caller that cancels it waits for the answer: whether the agent is gone or goes
 * on.
 */
export function retireActivity(summary: string): Pick<FleetActivities, 'retireAgent'> {
  return proxyActivities<Pick<FleetActivities, 'retireAgent'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '1h',
    retry: FEW,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
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

/** Updates of a few pools. They are idempotent, and the fleet retries them. */
export function poolActivities(summary: string): Pick<SubscriptionActivities, 'configurePools'> {
  return proxyActivities<Pick<SubscriptionActivities, 'configurePools'>>({
    ...LOST_WORKER,
    startToCloseTimeout: '2m',
    retry: FEW,
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
