/** Collects every workflow that a test starts, through any client. */
import type { Client, WorkflowClientInterceptor } from '@temporalio/client';

/** The workflow ids that a test has started so far, and the task queues of its workers. */
export class Started {
  readonly #workflowIds = new Set<string>();
  readonly #taskQueues = new Set<string>();
  /** The bundle to replay against, if it is not the default one. */
  bundle: { readonly codePath: string } | undefined;

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

  /** Adds a workflow that neither a client with the interceptor nor a known workflow started. */
  addWorkflow(workflowId: string): void {
    this.#workflowIds.add(workflowId);
  }

  /** Adds every workflow on the queue, if the server can list. */
  addTaskQueue(taskQueue: string): void {
    this.#taskQueues.add(taskQueue);
  }

  /**
   * The ids known so far, with those in visibility. The time-skipping server has no visibility.
   */
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
