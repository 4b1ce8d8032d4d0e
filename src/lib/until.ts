/** Waiting by condition. */
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from './clock';

/** First and longest pause between two questions. No caller relies on either. */
const PAUSE_MS = { first: 2, longest: 50 } as const;

/**
 * Asks until the answer is not undefined, or until `limitMs` have passed; then it returns
 * undefined.
 */
export async function until<T>(
  question: () => T | undefined | Promise<T | undefined>,
  limitMs: number,
): Promise<T | undefined> {
  const deadline = monotonicMs() + limitMs;
  for (let pauseMs: number = PAUSE_MS.first; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)) {
    const answer = await question();
    if (answer !== undefined || monotonicMs() >= deadline) return answer;
    await pause(pauseMs);
  }
}
