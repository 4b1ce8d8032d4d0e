/** A reset from outside, as `temporal workflow reset` does it. */
import { randomUUID } from 'node:crypto';
import type { TestEnv } from './env';

/** Goes back to the first completed workflow task, or to the last one before event `before`; returns the new run's id. */
export async function resetWorkflow(env: TestEnv, workflowId: string, before = Infinity): Promise<string> {
  const handle = env.client.workflow.getHandle(workflowId);
  const { events } = await handle.fetchHistory();
  const tasks = (events ?? [])
    .filter((event) => event.workflowTaskCompletedEventAttributes)
    .map(({ eventId }) => eventId);
  const task = before === Infinity ? tasks[0] : tasks.findLast((id) => Number(id) < before);
  if (!task) throw new Error(`${workflowId} has completed no workflow task`);
  const { runId } = await env.client.workflow.workflowService.resetWorkflowExecution({
    namespace: env.namespace,
    workflowExecution: { workflowId },
    workflowTaskFinishEventId: task,
    requestId: randomUUID(),
    reason: 'reset by the test',
  });
  return runId;
}
