/** Replays histories against Drover's workflows. */
import { Worker } from '@temporalio/worker';
import { UNINTERRUPTED } from '../../hosting/activation-time';
import type { WorkflowCode } from '../../hosting/workflow-code';
import { asExecuted } from './as-executed';
import type { RecordedHistory } from './histories';
import { quietRuntime } from './runtime';

/**
 * Harmless values of Temporal's WorkflowTaskFailedCause. UNHANDLED_COMMAND: a
 * message arrived while the workflow wanted to close, and the task ran again. FORCE_CLOSE_COMMAND:
 * the workflow was terminated while the task ran.
 */
const NO_FAILURE: readonly unknown[] = [1, 17];

/** Keeps a history that does not replay, and says where. */
export type KeepHistory = (history: RecordedHistory) => string;

/** The histories that the workflows do not repeat, one sentence each, with the place where `keep` has kept it. */
export async function replayProblems(
  histories: readonly RecordedHistory[],
  code: WorkflowCode,
  keep?: KeepHistory,
): Promise<string[]> {
  // A run without a completed task has done nothing that could be repeated, and the SDK would wait
  // for it for ever.
  const begun = histories.filter(({ history }) =>
    history.events?.some((event) => event.workflowTaskCompletedEventAttributes),
  );
  if (begun.length === 0) return [];
  const problems: string[] = [];
  quietRuntime();
  const executed = begun.map((one) => ({ ...one, history: asExecuted(one.history) }));
  const workers = Worker.runReplayHistories({ ...code, ...UNINTERRUPTED }, executed);
  for await (const { workflowId, runId, error } of workers) {
    if (!error) continue;
    const kept = keep ? begun.filter((one) => one.runId === runId).map(keep) : [];
    problems.push([`${workflowId} (${runId}) does not replay: ${error.message}`, ...kept].join('; its history: '));
  }
  return problems;
}

/** The workflow tasks that failed, one sentence each. */
export function taskProblems({ workflowId, history }: RecordedHistory): string[] {
  return (history.events ?? []).flatMap((event) => {
    const failed = event.workflowTaskFailedEventAttributes;
    if (!failed || NO_FAILURE.includes(failed.cause)) return [];
    return [
      `${workflowId} has a failed workflow task: ${failed.failure?.message ?? `cause ${String(failed.cause ?? 'unknown')}`}`,
    ];
  });
}
