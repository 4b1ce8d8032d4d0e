/** Timers that call back. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Supervisor } from './supervise';

/** Ten years: a timer beyond what the server can represent would fail its task, for ever. */
const LONGEST_MS = 10 * 365 * 24 * 3_600_000;

/**
 * Calls back after `ms`, at once when there is nothing to wait for; what it returns cancels it. A callback that throws is a trouble
 * of the workflow, and is not called again: what it did before stands.
 */
export function startTimer(supervisor: Supervisor, ms: number, then: () => void, summary: string): () => void {
  let scope: CancellationScope | null = null;
  let isOver = false;
  supervisor.keep(`timer: ${summary}`, async () => {
    if (ms > 0) {
      // Made here, where nothing but `cancel` cancels it: the scope of whoever starts the timer may be cancelled already.
      scope = new CancellationScope({ cancellable: true });
      await elapsed(scope, Math.min(ms, LONGEST_MS), summary);
    }
    if (!isOver) supervisor.attempt(summary, then);
  });
  return () => {
    isOver = true;
    scope?.cancel();
  };
}

/** A timer that is cancelled has elapsed too: nobody waits for it any more. */
async function elapsed(scope: CancellationScope, ms: number, summary: string): Promise<void> {
  try {
    await scope.run(() => sleep(ms, { summary }));
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}
