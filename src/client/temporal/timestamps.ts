/** Temporal's timestamps. */
import type { WorkflowService } from '@temporalio/client';

type Execution = NonNullable<Awaited<ReturnType<WorkflowService['listWorkflowExecutions']>>['executions']>[number];

/** A timestamp of Temporal's API as ISO 8601, to the millisecond; null if it is not set. */
export function isoTime(time: Execution['startTime']): string | null {
  if (!time?.seconds) return null;
  return new Date(Number(time.seconds) * 1_000 + Math.trunc((time.nanos ?? 0) / 1e6)).toISOString();
}
