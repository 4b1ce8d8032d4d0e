/** Makes a replay read the times that the workflow has read. */
import type { History } from '@temporalio/worker';

type Event = NonNullable<History['events']>[number];

/**
 * The history with the time of the first of several workflow tasks that follow each other directly. The time-skipping server adds an empty
 * task for a query that arrives while a task runs. A replay takes such tasks as one and reads the time of the last, although the workflow
 * had handled its messages at the time of the first; a deadline between both times would then pass differently. Tasks that end in a marker
 * are left alone: a local activity has run in them, and it moves the workflow's time itself. So is a last task that accepts an update: the
 * update came with it.
 */
export function asExecuted(history: History): History {
  const events: Event[] = [...(history.events ?? [])];
  for (let index = 0; index < events.length; index += 1) {
    const end = endOfTasks(events, index);
    if (!events[end]?.markerRecordedEventAttributes) alignTimes(events, startedTasks(events, index, end));
    index = end;
  }
  return { ...history, events };
}

/** The index after the workflow tasks that follow each other directly from `start` on. */
function endOfTasks(events: readonly Event[], start: number): number {
  const after = events.findIndex((event, index) => index >= start && !isOfTask(event));
  return after < 0 ? events.length : after;
}

function isOfTask(event: Event): boolean {
  return Boolean(
    event.workflowTaskScheduledEventAttributes ??
    event.workflowTaskStartedEventAttributes ??
    event.workflowTaskCompletedEventAttributes,
  );
}

/** The tasks from `start` on that have one time. */
function startedTasks(events: readonly Event[], start: number, end: number): Event[] {
  const started = events.slice(start, end).filter((event) => event.workflowTaskStartedEventAttributes);
  return events[end]?.workflowExecutionUpdateAcceptedEventAttributes ? started.slice(0, -1) : started;
}

function alignTimes(events: Event[], started: readonly Event[]): void {
  const eventTime = started[0]?.eventTime ?? null;
  for (const event of started.slice(1)) events[events.indexOf(event)] = { ...event, eventTime };
}
