/** The clock of a gateway's leases: one timer for all of them. */
import { monotonicMs } from '../../lib/clock';

/** How often the leases are looked at, in milliseconds: joins are gathered for as long. */
const TICK_MS = 1_000;
/** A tick that is this late shows that the process or the machine stood still (docs/lifecycle.md, rule 10). */
const LATE_MS = 5_000;

/** A part with a clock. */
export interface Ticking {
  tick(now: number): Promise<void>;
  excuse(now: number): void;
}

/** Ticks every second until it is stopped. A late tick excuses every silence first. */
export function keepTicking(ticking: Ticking, failed: (error: unknown) => void): () => void {
  let last = monotonicMs();
  const timer = setInterval(() => {
    const now = monotonicMs();
    if (now - last > TICK_MS + LATE_MS) ticking.excuse(now);
    last = now;
    ticking.tick(now).catch(failed);
  }, TICK_MS);
  // The listening server keeps the process alive, not this timer.
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
