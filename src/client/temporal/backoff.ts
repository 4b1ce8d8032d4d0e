/** Pauses between two tries. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DroverError } from '../../contract/errors';
import { monotonicMs } from '../../lib/clock';

/**
 * Pause before try number `attempt` (from 1): full jitter under an exponential ceiling, so that
 * many callers spread out.
 */
export function jitteredDelayMs(attempt: number, baseMs: number, maxMs: number): number {
  return Math.random() * Math.min(maxMs, baseMs * 2 ** attempt);
}

/**
 * How long an outage may last while a caller waits: a server or worker that restarts is back by
 * then.
 */
const OUTAGE_MS = 60_000;

/**
 * `deadline` is by the monotonic clock (lib/clock.ts). `signal` ends the polling with an
 * `AbortError`.
 */
export interface PollOptions {
  readonly deadline: number;
  readonly maxPauseMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Polls until `done` is true. Pauses grow from 50 ms to `maxPauseMs`. Undefined if the deadline
 * comes first. Errors `Unavailable` and `Timeout` are tolerated for a minute in a row.
 */
export async function pollUntil<T>(
  ask: () => Promise<T>,
  done: (answer: T) => boolean,
  { deadline, maxPauseMs = 1_000, signal }: PollOptions,
): Promise<T | undefined> {
  let reachedAt = monotonicMs();
  for (let pauseMs = 50; ; pauseMs = Math.min(maxPauseMs, pauseMs * 1.5)) {
    try {
      const answer = await ask();
      reachedAt = monotonicMs();
      if (done(answer)) return answer;
    } catch (error) {
      if (!isOutage(error) || monotonicMs() > Math.min(deadline, reachedAt + OUTAGE_MS)) throw error;
    }
    if (monotonicMs() + pauseMs > deadline) return undefined;
    await sleep(pauseMs, undefined, signal && { signal });
  }
}

/**
 * True for an error that a retry may fix: the server cannot be reached, or nothing answered in
 * time.
 */
export function isOutage(error: unknown): error is DroverError {
  return error instanceof DroverError && (error.code === 'Unavailable' || error.code === 'Timeout');
}
