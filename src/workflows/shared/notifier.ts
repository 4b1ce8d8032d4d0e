/** Tells the world of an event (docs/workflow-rules.md, rule 16): each notification is a workflow of its own, so a dead webhook blocks nobody. */
import { CancellationScope, uuid4 } from '@temporalio/workflow';
import { type EventType, targetsOf, type NotifySpec } from '../../contract/event';
import { notificationActivities } from '../activities';
import type { Supervisor } from './supervise';
import { isoNow } from './iso-now';

export interface Notifier {
  /** Notifies those of the targets that want such events. Nothing happens where nobody does. */
  raise(notify: readonly NotifySpec[] | undefined, type: EventType, data: Readonly<Record<string, unknown>>): void;
  /** Events whose notifications have not been started yet: unfinished work. */
  pending(): number;
}

/** One per workflow. */
export function createNotifier(supervisor: Supervisor): Notifier {
  let pending = 0;
  return {
    pending: () => pending,
    raise(notify, type, data) {
      const targets = targetsOf(notify, type);
      if (targets.length === 0) return;
      const event = { id: `evt_${uuid4().replaceAll('-', '')}`, type, at: isoNow(), data };
      pending += 1;
      supervisor.keep(`raise ${type} (${event.id})`, async () => {
        await CancellationScope.nonCancellable(() => notificationActivities(type).raiseEvent({ event, targets }));
        pending -= 1;
      });
    },
  };
}
