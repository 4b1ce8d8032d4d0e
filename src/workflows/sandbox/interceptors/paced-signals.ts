/**
 * Handles at most 50 signals per workflow task, in their order; a timer causes the next task. So a task stays short in a flood, and does
 * not grow when it is repeated because more signals have arrived. Waiting signals count as unfinished handlers.
 */
import { CancellationScope, type WorkflowInterceptors, sleep, workflowInfo } from '@temporalio/workflow';

/** As many as one task may send (src/workflows/shared/messages/pacer.ts), because each may cause one. */
const MOST_AT_ONCE = 50;
/** Long enough to end the task. */
const REST_MS = 1;

/** The SDK finds this export by its name, because the bundle takes every file of this folder. Each workflow has its own state. */
export const interceptors = (): WorkflowInterceptors => {
  const waiting: (() => void)[] = [];
  let task = -1;
  let taken = 0;

  /** The history length distinguishes one task from the next, in a replay too. */
  function enter(): boolean {
    const { historyLength } = workflowInfo();
    if (historyLength !== task) taken = 0;
    task = historyLength;
    if (taken >= MOST_AT_ONCE) return false;
    taken += 1;
    return true;
  }
  /** Admits waiting signals until none is left. If its timer fails, all are admitted immediately: a long task is better than a stuck one. */
  async function admitWaiting(): Promise<void> {
    while (waiting.length > 0) {
      await CancellationScope.nonCancellable(() => sleep(REST_MS, { summary: 'handle more signals' }));
      while (waiting.length > 0 && enter()) waiting.shift()?.();
    }
  }
  async function inTurn(handle: () => Promise<void>): Promise<void> {
    const turn = new Promise<void>((resolve) => waiting.push(resolve));
    if (waiting.length === 1) admitWaiting().then(undefined, admitAll);
    await turn;
    await handle();
  }
  function admitAll(): void {
    for (const admit of waiting.splice(0)) admit();
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
