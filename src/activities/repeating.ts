/** Something that happens again and again while work goes on. */

/** Runs the work, and calls `act` every `everyMs` milliseconds until the work has ended. */
export async function whileRepeating<T>(everyMs: number, act: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(act, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
