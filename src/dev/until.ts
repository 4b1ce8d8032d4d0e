/** Waiting by condition. */
import { monotonicMs } from '../lib/clock';

/** Asks until the answer is there. The pause between two questions is no delay that anything relies on. */
export async function until<T>(
  question: () => T | undefined | Promise<T | undefined>,
  limitMs: number,
): Promise<T | undefined> {
  const deadline = monotonicMs() + limitMs;
  for (;;) {
    const answer = await question();
    if (answer !== undefined || monotonicMs() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
