/** Collects every workflow that a test starts, however it starts it. */
import type { Client, WorkflowClientInterceptor } from '@temporalio/client';
import type { WorkflowBundle } from './shared';

/** What a test started so far: workflow ids, and the task queues of its workers. */
export class Started {
  readonly #workflowIds = new Set<string>();
  /** What to replay against, where it is not the shared bundle. */
  bundle: WorkflowBundle | undefined;
  readonly #taskQueues = new Set<string>();

  /** Sees every start that goes through a client. */
  readonly interceptor: WorkflowClientInterceptor = {
    startWithDetails: async (input, next) => {
      this.addWorkflow(input.options.workflowId);
      return next(input);
    },
    signalWithStart: async (input, next) => {
      this.addWorkflow(input.options.workflowId);
      return next(input);
    },
    startUpdateWithStart: async (input, next) => {
      this.addWorkflow(input.workflowStartOptions.workflowId);
      return next(input);
    },
  };

  /** For a workflow that neither a client of the environment nor a known workflow started. */
  addWorkflow(workflowId: string): void {
    this.#workflowIds.add(workflowId);
  }

  /** Every workflow on the queue belongs to the test, as far as the server can list. */
  addTaskQueue(taskQueue: string): void {
    this.#taskQueues.add(taskQueue);
  }

  /** The ids known so far, those that visibility knows included (the time-skipping server has none). */
  async workflowIds(client: Client, hasVisibility: boolean): Promise<string[]> {
    if (hasVisibility) {
      for (const taskQueue of this.#taskQueues) {
        for await (const { workflowId } of client.workflow.list({ query: `TaskQueue = '${taskQueue}'` })) {
          this.#workflowIds.add(workflowId);
        }
      }
    }
    return [...this.#workflowIds];
  }

  /** Forgets everything, for the next test. */
  clear(): void {
    this.#workflowIds.clear();
    this.#taskQueues.clear();
    this.bundle = undefined;
  }
}
