/** The workflow's time, and timers that call back. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** Ten years: a timer beyond what the server can represent would fail its task, for ever. */
const LONGEST_MS = 10 * 365 * 24 * 3_600_000;

/** Calls back after `ms`, at once when there is nothing to wait for; what it returns cancels it. */
export function startTimer(ms: number, then: () => void, summary: string): () => void {
  const scope = new CancellationScope();
  let isOver = false;
  const wait = ms <= 0 ? Promise.resolve() : scope.run(() => sleep(Math.min(ms, LONGEST_MS), { summary }));
  void wait.then(
    () => {
      if (!isOver) then();
    },
    (error: unknown) => {
      if (!isCancellation(error)) throw error;
    },
  );
  return () => {
    isOver = true;
    scope.cancel();
  };
}

/** The workflow's time, ISO 8601. */
export function isoNow(): string {
  return new Date(Date.now()).toISOString();
}
