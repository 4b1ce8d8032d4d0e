/** A workflow is found by its id, so its id must be the one that its argument names. */
import { workflowInfo } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import { asFailure } from './failures';

/**
 * Fails a new workflow with `InvalidRequest` unless the id is its own, or that of a part. Call it before anything is recorded or started: the
 * refused start then touches nothing, and the id is free again. A workflow that continues as new has passed, and must live on.
 */
export function requireOwnId(id: string, isPart = (_own: string): boolean => false): void {
  const { workflowId, workflowType, continuedFromExecutionRunId } = workflowInfo();
  if (continuedFromExecutionRunId !== undefined) return;
  if (workflowId === id || isPart(workflowId)) return;
  throw asFailure(
    new DroverError(
      'InvalidRequest',
      `workflow id "${workflowId}": this argument is of the ${workflowType} with the id "${id}"; nothing was started, so start it with that id, or change the argument`,
      { path: 'workflowId', expected: id },
    ),
  );
}
