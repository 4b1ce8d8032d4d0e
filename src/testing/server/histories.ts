/**
 * Histories of everything that a test started: every run of every workflow, with children and
 * signalled workflows.
 */
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { History } from '@temporalio/worker';

/** A history with its workflow and run. */
export interface RecordedHistory {
  readonly workflowId: string;
  readonly runId: string;
  readonly history: History;
}

type Event = NonNullable<History['events']>[number];

/** Fetches the histories of these workflows, and of every workflow that their histories name. */
export async function collectHistories(client: Client, workflowIds: readonly string[]): Promise<RecordedHistory[]> {
  const histories: RecordedHistory[] = [];
  const seen = new Set<string>();
  const waiting = workflowIds.map((workflowId) => ({ workflowId, runId: undefined as string | undefined }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { workflowId } = next;
    const handle = client.workflow.getHandle(workflowId, next.runId);
    let runId: string;
    let history: History;
    try {
      runId = (await handle.describe()).runId;
      if (seen.has(runId)) continue;
      seen.add(runId);
      history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    } catch (error) {
      // A start was refused, or a signal went to a workflow that does not exist: nothing can be
      // replayed.
      if (error instanceof WorkflowNotFoundError) continue;
      throw error;
    }
    histories.push({ workflowId, runId, history });
    for (const event of history.events ?? []) waiting.push(...namedBy(event, workflowId));
  }
  return histories;
}

/**
 * Workflows and runs that an event leads to: children, targets of signals, the previous and the
 * next run.
 */
function namedBy(event: Event, workflowId: string): { workflowId: string; runId: string | undefined }[] {
  const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
  const target = event.signalExternalWorkflowExecutionInitiatedEventAttributes?.workflowExecution;
  const before = event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  const after = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  return [
    ...[child, target].flatMap((execution) =>
      execution?.workflowId ? [{ workflowId: execution.workflowId, runId: execution.runId || undefined }] : [],
    ),
    ...[before, after].flatMap((runId) => (runId ? [{ workflowId, runId }] : [])),
  ];
}
