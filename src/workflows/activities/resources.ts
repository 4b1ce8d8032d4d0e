/** Activities on agents' resources, on the queue of the host that holds them. */
import { proxyActivities } from '@temporalio/workflow';
import type { ProviderKind } from '../../contract/agent';
import type { ProviderActivities, SubscriptionActivities } from '../../contract/activities';
import type { PreflightActivities } from '../../contract/fleet/preflight';
import { PROVIDER_POLICY, onQueueInTime, onQueueOf, UNDO_POLICY, LOST_WORKER } from './policies';

/** Effects of a change on a resource. */
export function changeActivities(
  provider: ProviderKind,
  host: string | undefined,
  summary: string,
): ProviderActivities {
  return proxyActivities<ProviderActivities>({ ...PROVIDER_POLICY, ...onQueueInTime(provider, host), summary });
}

/**
 * The check before a change, on the queue of a host, or on the main queue (`host` null). An engine asks the registry of each image, for
 * up to 25 s a question and several at a time, so the limit is two minutes. A change that is cancelled does not wait for the answer.
 */
export function preflightActivity(host: string | null, summary: string): PreflightActivities {
  return proxyActivities<PreflightActivities>({
    ...PROVIDER_POLICY,
    ...(host === null ? onQueueInTime('external', undefined) : onQueueInTime('process', host)),
    startToCloseTimeout: '2m',
    cancellationType: 'TRY_CANCEL',
    summary,
  });
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
 * A new credential for a running agent, on the queue of its provider: the worker there has the
 * secret. 30 s per call and 3 attempts as for every effect on an agent. After that the agent is
 * restarted, or keeps its previous credential.
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
