/** Starts notifications of events (docs/workflow-rules.md, rule 16). Each is a workflow of its own, so a webhook that is down blocks nothing. */
import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import { targetsOf, type NotifySpec } from '../../contract/event';
import type { LogEntry } from '../../contract/event/log';
import { logged } from '../../rules/lib/log/log';
import { notificationActivities } from '../activities/messages';
import type { Supervisor } from './supervise';

/** The notifications of one workflow. */
export interface Notifier {
  /** Notifies the targets that subscribe to this type of event of an entry of the log. */
  raise(notify: readonly NotifySpec[] | undefined, entry: LogEntry): void;
  /** Number of events whose notifications have not been started. They are unfinished work. */
  pending(): number;
}

/** Create one per workflow. */
export function createNotifier(supervisor: Supervisor): Notifier {
  let pending = 0;
  return {
    pending: () => pending,
    raise(notify, entry) {
      const targets = targetsOf(notify, entry.type);
      if (targets.length === 0) return;
      const { seq: _seq, ...event } = logged(workflowInfo().workflowId, entry);
      pending += 1;
      supervisor.keep(`notify of ${event.type} (${event.id})`, async () => {
        await CancellationScope.nonCancellable(() => notificationActivities(event.type).raiseEvent({ event, targets }));
        pending -= 1;
      });
    },
  };
}
