/**
 * Answers a query only while no local activity of the workflow runs. An answer ends the workflow task. A local activity that has just ended
 * is then in the history of that task, but the workflow learns of it in the next one, after the messages of the next one. A replay learns
 * of it first, so its commands have another order, and the workflow is stuck (decision 40).
 */
import { CancellationScope, type WorkflowInterceptors, condition } from '@temporalio/workflow';

/** The SDK's id of a query outside of a workflow task. Its answer ends no task, and must be the only command. */
const OUTSIDE_OF_A_TASK = 'legacy';

/** The SDK finds this export by its name, because the bundle takes every file of this folder. Each workflow has its own count. */
export const interceptors = (): WorkflowInterceptors => {
  let running = 0;
  const ended = (): void => {
    running -= 1;
  };
  return {
    internals: [
      {
        activate(input, next) {
          const isTooEarly = (input.activation.jobs ?? []).some(
            ({ queryWorkflow: query }) => query && running > 0 && query.queryId !== OUTSIDE_OF_A_TASK,
          );
          if (!isTooEarly) {
            next(input);
            return;
          }
          const answer = (): void => {
            next(input);
          };
          // The SDK never mixes queries with other jobs. It looks at a condition after everything that the end of a local activity causes,
          // the start of the next local activity included.
          CancellationScope.nonCancellable(() => condition(() => running === 0)).then(answer, answer);
        },
      },
    ],
    outbound: [
      {
        scheduleLocalActivity(input, next) {
          const result = next(input);
          running += 1;
          result.then(ended, ended);
          return result;
        },
      },
    ],
  };
};
