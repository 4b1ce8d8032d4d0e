/** Activities that send: signals, events, webhooks and the question to the gateway. */
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type {
  NotificationActivities,
  GatewayActivities,
  SignalActivities,
  FamilyActivities,
} from '../../contract/activities';
import { FEW } from './policies';

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
 * the outbox retries it with a timer (src/workflows/shared/messages/outbox.ts).
 */
export function signalActivities(): SignalActivities & FamilyActivities {
  return proxyLocalActivities<SignalActivities & FamilyActivities>({
    startToCloseTimeout: '10s',
    retry: FEW,
  });
}
