/** Migrates the argument of a workflow to the version that this code reads. */
import { workflowInfo } from '@temporalio/workflow';
import { type Migrations, NewerVersion, type Unparsed } from '../../rules/lib/migrations';
import { asFailure } from './failures';

/**
 * Fails the workflow with `InvalidRequest` when its input has no version. An input of a newer version fails a workflow that a client has
 * started, so that the client sees it. If a workflow has written the input (the previous run or the parent), the execution must survive a
 * worker that is too old: only the workflow task fails, and the server retries it until a newer worker takes it.
 */
export function migrated(versions: Migrations, argument: unknown): Unparsed {
  try {
    return versions.migrate(argument);
  } catch (error) {
    if (error instanceof NewerVersion && isWrittenByWorkflow()) throw error;
    throw asFailure(error);
  }
}

function isWrittenByWorkflow(): boolean {
  const { continuedFromExecutionRunId, parent } = workflowInfo();
  return continuedFromExecutionRunId !== undefined || parent !== undefined;
}
