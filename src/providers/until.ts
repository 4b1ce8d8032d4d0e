/** Waiting by condition. */
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../lib/clock';

/** Asks until there is an answer or `limitMs` has passed. The pause between two questions is no delay that anything relies on. */
export async function until<T>(question: () => Promise<T | undefined>, limitMs: number): Promise<T | undefined> {
  const deadline = monotonicMs() + limitMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    const answer = await question();
    if (answer !== undefined || monotonicMs() >= deadline) return answer;
    await pause(pauseMs);
  }
}
