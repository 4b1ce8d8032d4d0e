/** Timers with a callback. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Supervisor } from './supervise';

/** Ten years. A timer that the server cannot represent would fail the workflow task for ever. */
const LONGEST_MS = 10 * 365 * 24 * 3_600_000;

/**
 * Calls `then` after `ms` milliseconds, immediately when that is not positive. Returns a function that cancels the timer. An exception of
 * `then` is recorded as a trouble; `then` is not called again, because its earlier changes persist.
 */
export function startTimer(supervisor: Supervisor, ms: number, then: () => void, summary: string): () => void {
  let scope: CancellationScope | null = null;
  let isOver = false;
  supervisor.keep(`timer: ${summary}`, async () => {
    if (ms > 0) {
      // A scope of its own, which only the returned function cancels: the caller's scope may already be cancelled.
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

/** Returns after a cancellation too: the caller no longer waits for the timer. */
async function elapsed(scope: CancellationScope, ms: number, summary: string): Promise<void> {
  try {
    await scope.run(() => sleep(ms, { summary }));
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}
