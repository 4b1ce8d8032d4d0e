/** Many messages for one workflow that wait together, as after a time without a worker. */
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { EventType, WorkflowTaskFailedCause } = temporal.api.enums.v1;

/** Calls in flight at the server at once. */
const AT_ONCE = 50;

/** Does it so many times, some at once. */
export async function manyTimes(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await act(index);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, one));
}

/** The work of a run's workflow tasks so far. */
export interface TaskFigures {
  readonly failed: number;
  readonly timedOut: number;
  /** Signals to other workflows, and the most of them that one task sent. */
  readonly sent: number;
  readonly mostSent: number;
  readonly timers: number;
  /** A task is scheduled or under way. */
  readonly running: boolean;
}

/** Reads it from the history. A task that is repeated because a message came as it wanted to close has not failed. */
export async function taskFigures(handle: WorkflowHandle): Promise<TaskFigures> {
  const { events } = await handle.fetchHistory();
  const all = events ?? [];
  const count = (eventType: temporal.api.enums.v1.EventType): number =>
    all.filter((event) => event.eventType === eventType).length;
  const failures = all.flatMap(({ workflowTaskFailedEventAttributes: failed }) => (failed ? [failed.cause] : []));
  const failed = failures.filter(
    (cause) => cause !== WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  ).length;
  const timedOut = count(EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT);
  const scheduled = count(EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED);
  const completed = count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  const sent = new Map<string, number>();
  for (const { signalExternalWorkflowExecutionInitiatedEventAttributes: signal } of all) {
    const task = String(signal?.workflowTaskCompletedEventId);
    if (signal) sent.set(task, (sent.get(task) ?? 0) + 1);
  }
  return {
    failed,
    timedOut,
    sent: [...sent.values()].reduce((sum, one) => sum + one, 0),
    mostSent: Math.max(0, ...sent.values()),
    timers: count(EventType.EVENT_TYPE_TIMER_STARTED),
    running: scheduled > completed + failures.length + timedOut,
  };
}
