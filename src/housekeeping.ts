/** What providers have to look after while a worker lives. */
import type { Providers } from './providers/provider';

/** An agent that prints without end fills a disk in minutes, not in seconds. */
const EVERY_MS = 15_000;

/** Begins; what it returns ends it. A round that fails is told, and the next one tries again. */
export function keepHouse(providers: Providers, warn: (error: unknown) => void): () => void {
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
