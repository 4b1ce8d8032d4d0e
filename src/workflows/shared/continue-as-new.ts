/** Decides when an entity continues as new (docs/workflow-rules.md, rule 9). */
import { workflowInfo } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';

/** Three times the server's suggestion of 4,096 events. From here on, new turns and commands wait for continue-as-new. */
const OVERDUE_EVENTS = 12_000;
/** A limit that a test forces is overdue at the same multiple. */
const OVERDUE_FACTOR = 3;

/** Whether to continue as new at the next quiet moment. `limit` (history events) replaces the server's suggestion in tests and soaks. */
export function continueAsNewDue(limit?: number): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || (limit !== undefined && info.historyLength >= limit);
}

/** The server terminates a workflow at 51,200 events. This leaves room for an orderly end. */
const MOST_EVENTS = 45_000;
/** The server terminates a workflow at 50 MiB of history. This leaves room for an orderly end. */
const MOST_BYTES = 40 * 1024 * 1024;

/** Whether a workflow that cannot continue as new, because its children are open, must not start anything more. `limit` is for tests. */
export function isHistoryFull(limit = MOST_EVENTS): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength >= limit || historySize >= MOST_BYTES;
}

/** Whether continue-as-new is overdue because no quiet moment came. `limit` as in `continueAsNewDue`. */
export function continueAsNewOverdue(limit?: number): boolean {
  const { historyLength } = workflowInfo();
  return historyLength >= OVERDUE_EVENTS || (limit !== undefined && historyLength >= OVERDUE_FACTOR * limit);
}

/**
 * Refuses a command while continue-as-new is overdue (docs/workflow-rules.md, rule 9). Every command of an entity calls this first. It is
 * the only refusal that the client retries by itself. `name` is the entity's name for users.
 */
export function refuseWhenOverdue(name: string, limit?: number): void {
  if (!continueAsNewOverdue(limit)) return;
  throw new DroverError('Unavailable', `${name} is about to continue as new; ask again in a moment`);
}
