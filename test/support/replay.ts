/** Replays histories against a bundle. */
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { UNINTERRUPTED } from '../../src/activation-time';
import type { RecordedHistory } from './histories';
import { quietRuntime } from './quiet';
import type { WorkflowBundle } from './shared';

const { EventType, WorkflowTaskFailedCause } = temporal.api.enums.v1;

const NO_FAILURE: readonly unknown[] = [
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
];

/** Problems found, one sentence each: histories that the workflows do not repeat. */
export async function replayProblems(
  histories: readonly RecordedHistory[],
  workflowBundle: WorkflowBundle,
): Promise<string[]> {
  // A run that has only been started has done nothing that could be repeated, and the SDK waits for it for ever.
  const begun = histories.filter(({ history }) =>
    history.events?.some((event) => event.workflowTaskCompletedEventAttributes),
  );
  if (begun.length === 0) return [];
  const problems: string[] = [];
  quietRuntime();
  const workers = Worker.runReplayHistories({ workflowBundle, ...UNINTERRUPTED }, begun);
  for await (const { workflowId, runId, error } of workers) {
    if (error) problems.push(`${workflowId} (${runId}) does not replay: ${error.message}`);
  }
  return problems;
}

/**
 * Workflow tasks that failed, one sentence each. UNHANDLED_COMMAND does not count: a message arrived while the workflow wanted to close, and the task ran again. Nor is
 * FORCE_CLOSE_COMMAND: the workflow was terminated while the task ran.
 */
export function taskProblems({ workflowId, history }: RecordedHistory): string[] {
  return (history.events ?? []).flatMap((event) => {
    const failed = event.workflowTaskFailedEventAttributes;
    if (event.eventType !== EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED || !failed) return [];
    if (NO_FAILURE.includes(failed.cause)) return [];
    return [
      `${workflowId} has a failed workflow task: ${failed.failure?.message ?? `cause ${failed.cause ?? 'unknown'}`}`,
    ];
  });
}
