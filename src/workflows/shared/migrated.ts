/** The argument of a workflow in the version that this code reads. */
import { workflowInfo } from '@temporalio/workflow';
import { type Migrations, NewerVersion, type Unparsed } from '../../rules/lib/migrations';
import { asFailure } from './failures';

/**
 * Fails the workflow with `InvalidRequest` where its input has no version. An input of a newer version fails a workflow that a client starts,
 * so that the client hears of it. One that a workflow has written (the run before, or the parent) must outlive a worker that is too old:
 * there only the task fails, and the server repeats it until a newer worker takes it.
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
