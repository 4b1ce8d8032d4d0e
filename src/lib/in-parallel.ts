/**
 * Works on the items in their order, at most `limit` at a time. Answers in the same order; rejects
 * with the first error.
 */
export async function inParallel<T, A>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<A>,
): Promise<A[]> {
  const answers: A[] = [];
  const waiting = [...items.entries()].reverse();
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) answers[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return answers;
}
