/** One read at a time: however often it is asked for while it runs, it runs once more after that, at a pace. */
import { monotonicMs } from '../../lib/clock';

/** The least pause between two reads: a person sees no difference. */
const LEAST_PAUSE_MS = 250;
/** A read that takes long pauses longer, so that a flood of events leaves half of the time to the page and the gateway. */
const SHARE = 1;

/** The read with that property. The promise is fulfilled when nothing is left to read. */
export function coalesced(read: () => Promise<void>, leastPauseMs = LEAST_PAUSE_MS): () => Promise<void> {
  let reading: Promise<void> | null = null;
  let isDue = false;
  async function readAll(): Promise<void> {
    while (isDue) {
      isDue = false;
      const from = monotonicMs();
      await read();
      await pause(Math.max(leastPauseMs, (monotonicMs() - from) * SHARE));
    }
    reading = null;
  }
  return () => {
    isDue = true;
    reading ??= readAll();
    return reading;
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
