/** Workflow `notify`: one event for one webhook, tried until it is taken or the patience is over. */
import { setCurrentDetails } from '@temporalio/workflow';
import { parseNotifyInput } from '../rules/events/messages';
import { webhookActivities } from './activities';
import { translating } from './shared/failures';
import { ignoreUnknownMessages } from './shared/unknown-messages';

/** Its result says when the webhook took it; it fails when that never happened. */
export async function notify(argument: unknown): Promise<void> {
  const input = translating(() => parseNotifyInput(argument, 'input'));
  ignoreUnknownMessages(() => undefined);
  const { event, target } = input;
  setCurrentDetails(`**${event.type}** ${event.id} of ${event.at}\n\n- for ${target.url}`);
  await webhookActivities(`${event.type} to its webhook`).postWebhook(input);
}
