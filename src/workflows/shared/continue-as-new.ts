/** When an entity continues as new (docs/workflow-rules.md, rule 9). */
import { workflowInfo } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';

/** Three times the server's suggestion of 4,096 events: from here on no new turn or command starts until it happened. */
const OVERDUE_EVENTS = 12_000;
/** A forced limit is overdue at as many times itself as the server's suggestion is. */
const OVERDUE_FACTOR = 3;

/** Whether to continue at the next quiet moment; `limit` in history events stands in for the server's suggestion in tests and soaks. */
export function continueAsNewDue(limit?: number): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || (limit !== undefined && info.historyLength >= limit);
}

/** The server terminates a workflow at 51,200 events; here is room left to end in order. */
const MOST_EVENTS = 45_000;
/** The same for its size, which the server ends at 50 MiB. */
const MOST_BYTES = 40 * 1024 * 1024;

/** Whether a workflow that cannot continue as new now, because it waits for its children, must begin nothing more; `limit` is for tests. */
export function isHistoryFull(limit = MOST_EVENTS): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength >= limit || historySize >= MOST_BYTES;
}

/** Whether no quiet moment came for too long; `limit` as of `continueAsNewDue`. */
export function continueAsNewOverdue(limit?: number): boolean {
  const { historyLength } = workflowInfo();
  return historyLength >= OVERDUE_EVENTS || (limit !== undefined && historyLength >= OVERDUE_FACTOR * limit);
}

/**
 * Every command of an entity asks this first (docs/workflow-rules.md, rule 9): nothing new begins while continue-as-new is overdue. It is the one
 * refusal that the client repeats by itself. `name`: who refuses, as people know it.
 */
export function refuseWhenOverdue(name: string, limit?: number): void {
  if (!continueAsNewOverdue(limit)) return;
  throw new DroverError('Unavailable', `${name} is about to continue as new; ask again in a moment`);
}
