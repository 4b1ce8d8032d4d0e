/** What the server knows of workflows: whether they have done what they can do at this moment, and whether they have ended. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { until } from '../../lib/until';

/** The longest wait in real milliseconds. Work that takes longer goes on while the test looks. */
const SETTLE_MS = 5_000;

/** Waits until no workflow has an open workflow task, or an activity that could run now. */
export async function settle(client: Client, workflowIds: readonly string[]): Promise<void> {
  await until(async () => {
    const open = await Promise.all(workflowIds.map((workflowId) => isBusy(client, workflowId)));
    return open.includes(true) ? undefined : true;
  }, SETTLE_MS);
}

/** Whether a workflow has ended. One that does not exist yet has not. */
export async function isClosed(client: Client, workflowId: string): Promise<boolean> {
  const description = await described(client, workflowId);
  return description !== undefined && description.status.name !== 'RUNNING';
}

async function isBusy(client: Client, workflowId: string): Promise<boolean> {
  const raw = (await described(client, workflowId))?.raw;
  // An activity that waits for its next attempt has nothing to do now.
  const running = raw?.pendingActivities?.some(({ attempt }) => (attempt ?? 1) <= 1) ?? false;
  return running || Boolean(raw?.pendingWorkflowTask);
}

async function described(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
