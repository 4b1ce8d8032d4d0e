/** Notifications: starts one workflow per event and webhook, and makes the signed call (Standard Webhooks). */
import { Context } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import type { Calls } from '../client/temporal/calls';
import type { NotificationActivities, RaiseCall } from '../contract/activities';
import { DroverError } from '../contract/errors';
import type { NotifyInput } from '../contract/event';
import { NAME_PATTERN, NOTIFY_WORKFLOW, notifyWorkflowId } from '../contract/names';
import { type KeywordPair, keywords } from '../contract/search-attributes';
import { wallClockMs } from '../lib/clock';
import { type HttpAnswer, httpCall, isSuccess } from '../providers/http-call';
import { providerError } from '../providers/provider';
import { resolveSecret, type SecretEnvironment } from '../providers/secrets';
import { asProviderFailure } from './failures';

/** Dependencies: calls to Temporal, the environment that resolves references to secrets, and the allowed hosts (`HttpCall`). */
export interface NotificationSettings {
  readonly calls: Calls;
  readonly environment: SecretEnvironment;
  readonly allowedHosts?: readonly string[] | undefined;
}

/** Below the 30 s of an activity's attempt; Standard Webhooks asks receivers to answer within 15 to 30 s. */
const POST_MS = 20_000;
/** Limit of an answer in bytes; Drover reads only its status. */
const ANSWER_LIMIT_BYTES = 64 * 1024;
/** Standard Webhooks: the receiver has unsubscribed. */
const GONE = 410;

/** The notification activities of a worker. */
export function createNotificationActivities(settings: NotificationSettings): NotificationActivities {
  return {
    raiseEvent: (call) => raise(settings.calls, call),
    postWebhook: (input) => post(settings, input),
  };
}

async function raise({ client }: Calls, { event, targets }: RaiseCall): Promise<void> {
  const { taskQueue, workflowExecution } = Context.current().info;
  for (const [index, target] of targets.entries()) {
    const input: NotifyInput = { v: 1, event, target };
    try {
      await client.workflow.start(NOTIFY_WORKFLOW, {
        workflowId: notifyWorkflowId(event.id, index),
        taskQueue,
        args: [input],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        typedSearchAttributes: ofRaiser(workflowExecution?.workflowId ?? ''),
        staticSummary: event.type,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}

/** Search attributes of a notification: the fleet or the pool whose workflow has raised the event. */
function ofRaiser(workflowId: string): KeywordPair[] {
  const [kind, name = ''] = workflowId.split('/');
  if (!NAME_PATTERN.test(name)) return [];
  return keywords(kind === 'pool' ? { DroverPool: name } : { DroverFleet: name });
}

async function post(settings: NotificationSettings, { event, target }: NotifyInput): Promise<void> {
  const { id, type, at, data } = event;
  const body = { type, timestamp: at, data };
  // Each attempt has its own signature, because a receiver refuses an old time. It deduplicates events by id.
  const sentAt = new Date(wallClockMs());
  let answer: HttpAnswer;
  try {
    const secret = target.secret === undefined ? undefined : await resolveSecret(target.secret, settings.environment);
    answer = await httpCall({
      url: target.url,
      method: 'POST',
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        ...(secret === undefined ? {} : { 'webhook-signature': signature(secret, id, sentAt, JSON.stringify(body)) }),
      },
      body,
      signal: AbortSignal.any([Context.current().cancellationSignal, AbortSignal.timeout(POST_MS)]),
      limitBytes: ANSWER_LIMIT_BYTES,
      allowedHosts: settings.allowedHosts,
    });
  } catch (error) {
    throw asProviderFailure(error instanceof DroverError ? patient(error) : error);
  }
  if (isSuccess(answer)) return;
  throw asProviderFailure(
    providerError(`the webhook answered ${String(answer.status)}`, { permanent: answer.status === GONE }),
  );
}

/** Makes an error retryable: a missing secret or host may exist tomorrow. */
function patient({ message, cause }: DroverError): DroverError {
  return providerError(message, { cause });
}

/** A secret is `whsec_` and base64 (Standard Webhooks), or any other text as it is. */
function signature(secret: string, id: string, at: Date, body: string): string {
  const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
  return webhook.sign(id, at, body);
}
