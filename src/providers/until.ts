/** Waiting by condition. */
import { setTimeout as pause } from 'node:timers/promises';

/** Asks until there is an answer or `limitMs` has passed. The pause between two questions is no delay that anything relies on. */
export async function until<T>(question: () => Promise<T | undefined>, limitMs: number): Promise<T | undefined> {
  const deadline = performance.now() + limitMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    const answer = await question();
    if (answer !== undefined || performance.now() >= deadline) return answer;
    await pause(pauseMs);
  }
}
