/** Workflow `notify`: sends one event to one webhook, with retries. */
import { setCurrentDetails } from '@temporalio/workflow';
import { notifyWorkflowId } from '../contract/names';
import { NOTIFY_INPUT } from '../rules/events/migrate';
import { inline } from '../rules/lib/markdown';
import { parseNotifyInput } from '../rules/events/messages';
import { webhookActivities } from './activities/messages';
import { translating } from './shared/failures';
import { migrated } from './shared/migrated';
import { ignoreUnknownMessages } from './shared/messages/unknown-messages';
import { requireOwnId } from './shared/own-id';

/** Completes when the webhook has accepted the event. Fails after the last attempt. */
export async function notify(argument: unknown): Promise<void> {
  const current = migrated(NOTIFY_INPUT, argument);
  const input = translating(() => parseNotifyInput(current, 'input'));
  const { event, target } = input;
  const id = notifyWorkflowId(event.id);
  requireOwnId(id, (own) => own.startsWith(`${id}/`));
  ignoreUnknownMessages(() => undefined);
  setCurrentDetails(`**${event.type}** ${inline(event.id)} of ${inline(event.at)}\n\n- for ${inline(target.url)}`);
  await webhookActivities(`${event.type} to its webhook`).postWebhook(input);
}
