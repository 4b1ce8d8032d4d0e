/** The log of a workflow in Temporal: its query, and the search attribute that says when it has grown (docs/events.md). */
import { setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { EventLog, LogEntry, NewEntry } from '../../contract/event/log';
import { readLog } from '../../contract/event/messages';
import { searchAttributeKeys } from '../../contract/search-attributes';
import { answerLog, appendAll, appended, begunLog, UNBEGUN_LOG } from '../../rules/lib/log/log';
import { parseLogQuery } from '../../rules/lib/log/log-carried';
import { logEntries } from './messages/decisions';
import { translating } from './failures';
import { createStamp } from './stamp';

/** The log with which this run begins. */
export function begun(log: EventLog): EventLog {
  return begunLog(log, workflowInfo().startTime.getTime());
}

/** Shows in visibility that a log has grown from `before` to `after`, and logs what is new. */
export type MarkGrowth = (before: EventLog, after: EventLog) => void;

/**
 * Each task in which the log grows moves the attribute, so that a reader sees two within one millisecond. Create one per run of the
 * workflow. sandbox/interceptors/one-upsert.ts makes one event of all attributes that change in one activation.
 */
export function createGrowth(): MarkGrowth {
  const key = searchAttributeKeys.DroverChangedAt;
  let task = -1;
  return (before, after) => {
    if (after.next === before.next) return;
    logEntries(appended(before, after));
    const { typedSearchAttributes, historyLength } = workflowInfo();
    const last = typedSearchAttributes.get(key)?.getTime() ?? 0;
    const least = historyLength === task ? last : last + 1;
    task = historyLength;
    const value = Math.max(after.entries.at(-1)?.at ?? 0, least);
    if (value > last) upsertSearchAttributes([{ key, value: new Date(value) }]);
  };
}

/** Answers the query `log`. */
export function answerLogs(log: () => EventLog): void {
  const { workflowId } = workflowInfo();
  setHandler(
    readLog,
    (query: unknown) => translating(() => answerLog(log(), workflowId, parseLogQuery(query ?? {}, 'log'))),
    { description: 'Returns the recorded events: {after?, since?}' },
  );
}

/** The log of a workflow that does not continue as new. */
export interface WorkflowLog {
  /** Appends entries at the time of the activation, and returns them. */
  record(...entries: readonly NewEntry[]): readonly LogEntry[];
}

/** Begins the log and answers its query. Create one per workflow. */
export function createLog(): WorkflowLog {
  let log = begun(UNBEGUN_LOG);
  const stamp = createStamp();
  const markGrowth = createGrowth();
  answerLogs(() => log);
  return {
    record(...entries) {
      const before = log;
      log = appendAll(log, entries, stamp());
      markGrowth(before, log);
      return appended(before, log);
    },
  };
}
