/** One read at a time: however often it is asked for while it runs, it runs once more after that. */

/** The read with that property. The promise is fulfilled when nothing is left to read. */
export function coalesced(read: () => Promise<void>): () => Promise<void> {
  let reading: Promise<void> | null = null;
  let isDue = false;
  async function readAll(): Promise<void> {
    while (isDue) {
      isDue = false;
      await read();
    }
    reading = null;
  }
  return () => {
    isDue = true;
    reading ??= readAll();
    return reading;
  };
}
