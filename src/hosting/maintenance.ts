/** Runs the providers' maintenance while a worker runs. */
import type { Providers } from '../providers/provider';

/** The interval. An agent that prints without end fills a disk in minutes, not in seconds. */
const EVERY_MS = 15_000;

/**
 * Starts the maintenance and returns a function that stops it. `warn` receives failures; the next
 * round tries again.
 */
export function startMaintenance(providers: Providers, warn: (error: unknown) => void): () => void {
  let isBusy = false;
  const round = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    for (const provider of Object.values(providers)) await provider.maintain?.().catch(warn);
    isBusy = false;
  };
  const timer = setInterval(() => void round(), EVERY_MS);
  return () => clearInterval(timer);
}
