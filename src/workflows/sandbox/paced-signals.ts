/**
 * Signals that wait together are handled 50 a task, in their order; a timer makes the next task. However many there are, a task stays short, and
 * one that is repeated because more came meanwhile does not grow. Signals that wait count as handlers that have not finished.
 */
import { CancellationScope, type WorkflowInterceptors, sleep, workflowInfo } from '@temporalio/workflow';

/** As many as leave in one task (shared/pacer.ts): each may lead to one. */
const MOST_AT_ONCE = 50;
/** Long enough to end the task. */
const REST_MS = 1;

/** Found by this name: the bundle lists this file among its interceptors. One state per workflow. */
export const interceptors = (): WorkflowInterceptors => {
  const waiting: (() => void)[] = [];
  let task = -1;
  let taken = 0;

  /** The length of the history tells one task from the next, also when they are replayed. */
  function enter(): boolean {
    const { historyLength } = workflowInfo();
    if (historyLength !== task) taken = 0;
    task = historyLength;
    if (taken >= MOST_AT_ONCE) return false;
    taken += 1;
    return true;
  }
  /** Ends when nothing waits. A rest that fails lets in what waits at once: better a long task than none. */
  async function letIn(): Promise<void> {
    while (waiting.length > 0) {
      await CancellationScope.nonCancellable(() => sleep(REST_MS, { summary: 'more signals' }));
      while (waiting.length > 0 && enter()) waiting.shift()?.();
    }
  }
  async function inTurn(handle: () => Promise<void>): Promise<void> {
    const turn = new Promise<void>((resolve) => waiting.push(resolve));
    if (waiting.length === 1) letIn().then(undefined, letAllIn);
    await turn;
    await handle();
  }
  function letAllIn(): void {
    for (const enterNow of waiting.splice(0)) enterNow();
  }
  return {
    inbound: [
      {
        handleSignal(input, next) {
          if (waiting.length === 0 && enter()) return next(input);
          return inTurn(() => next(input));
        },
      },
    ],
  };
};
