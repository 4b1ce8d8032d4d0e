/** Starts notifications of events (docs/workflow-rules.md, rule 16). Each is a workflow of its own, so a webhook that is down blocks nothing. */
import { CancellationScope, uuid4 } from '@temporalio/workflow';
import { type EventType, targetsOf, type NotifySpec } from '../../contract/event';
import { notificationActivities } from '../activities/messages';
import type { Supervisor } from './supervise';
import { isoNow } from './iso-now';

/** The notifications of one workflow. */
export interface Notifier {
  /** Notifies the targets that subscribe to this type of event. */
  raise(notify: readonly NotifySpec[] | undefined, type: EventType, data: Readonly<Record<string, unknown>>): void;
  /** Number of events whose notifications have not been started. They are unfinished work. */
  pending(): number;
}

/** Create one per workflow. */
export function createNotifier(supervisor: Supervisor): Notifier {
  let pending = 0;
  return {
    pending: () => pending,
    raise(notify, type, data) {
      const targets = targetsOf(notify, type);
      if (targets.length === 0) return;
      const event = { id: `evt_${uuid4().replaceAll('-', '')}`, type, at: isoNow(), data };
      pending += 1;
      supervisor.keep(`notify of ${type} (${event.id})`, async () => {
        await CancellationScope.nonCancellable(() => notificationActivities(type).raiseEvent({ event, targets }));
        pending -= 1;
      });
    },
  };
}
