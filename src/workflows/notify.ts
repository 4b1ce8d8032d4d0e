/** Workflow `notify`: one event for one webhook, tried until it is taken or the patience is over. */
import { setCurrentDetails } from '@temporalio/workflow';
import { NOTIFY_INPUT } from '../rules/events/migrate';
import { parseNotifyInput } from '../rules/events/messages';
import { webhookActivities } from './activities';
import { translating } from './shared/failures';
import { migrated } from './shared/migrated';
import { ignoreUnknownMessages } from './shared/unknown-messages';

/** Its result says when the webhook took it; it fails when that never happened. */
export async function notify(argument: unknown): Promise<void> {
  const current = migrated(NOTIFY_INPUT, argument);
  const input = translating(() => parseNotifyInput(current, 'input'));
  ignoreUnknownMessages(() => undefined);
  const { event, target } = input;
  setCurrentDetails(`**${event.type}** ${event.id} of ${event.at}\n\n- for ${target.url}`);
  await webhookActivities(`${event.type} to its webhook`).postWebhook(input);
}
