/** Waiting between two tries. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Pause before try number `attempt` (from 1): full jitter under an exponential ceiling, so that many callers spread out. */
export function jitteredDelayMs(attempt: number, baseMs: number, maxMs: number): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** attempt);
}

/** Asks until `done` says so. Pauses grow from 50 ms to `maxPauseMs`; undefined when the deadline (ms since the epoch) came first. */
export async function pollUntil<T>(
  ask: () => Promise<T>,
  done: (answer: T) => boolean,
  { deadline, maxPauseMs = 1_000 }: { readonly deadline: number; readonly maxPauseMs?: number },
): Promise<T | undefined> {
  for (let pauseMs = 50; ; pauseMs = Math.min(maxPauseMs, pauseMs * 1.5)) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (Date.now() + pauseMs > deadline) return undefined;
    await sleep(pauseMs);
  }
}
