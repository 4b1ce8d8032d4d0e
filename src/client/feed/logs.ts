/** Reads the logs of workflows. */
import type { DroverEvent } from '../../contract/event';
import { eventId, type LogAnswer, type LoggedEvent, type LogQuery } from '../../contract/event/log';
import { readLog } from '../../contract/event/messages';
import { DroverError } from '../../contract/errors';
import type { Calls } from '../temporal/calls';
import { workflowSubject } from '../temporal/subject';
import type { Due } from './known';

/** A log is in the memory of a worker, or is replayed from a history within a second or two. */
const READ_TIMEOUT_MS = 5_000;
/** Logs that are read at a time. */
export const READ_AT_ONCE = 20;

/**
 * Reads one log. Null: the workflow no longer exists. Throws if it does not answer, for
 * example because no worker runs.
 */
export async function logOf(
  calls: Calls,
  { workflowId, runId, isLast }: Due,
  query: LogQuery,
): Promise<LogAnswer | null> {
  const subject = workflowSubject(workflowId);
  const handle = calls.client.workflow.getHandle(workflowId, isLast ? undefined : runId);
  try {
    return await calls.within(subject, { timeoutMs: READ_TIMEOUT_MS }, () => handle.query(readLog, query));
  } catch (error) {
    if (error instanceof DroverError && error.code === subject.notFound) return null;
    throw error;
  }
}

/** An entry of a log as an event. */
export function eventOf({ id, type, at, data }: LoggedEvent): DroverEvent {
  return { id, type, at, data };
}

/** The event that says that a reader has missed events; `missed` 0: the number is not known. */
export function gapEvent({ workflowId, changedAt }: Due, missed: number, next = changedAt): DroverEvent {
  const id = `${eventId(workflowId, next)}_gap`;
  return { id, type: 'feed.gap', at: new Date(changedAt).toISOString(), data: { workflow: workflowId, missed } };
}

/** Runs at most `READ_AT_ONCE` at a time. */
export async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(READ_AT_ONCE, items.length) }, lane));
}
