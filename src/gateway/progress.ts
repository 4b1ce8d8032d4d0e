/**
 * The progress of turns, in the memory of this gateway only: it is worth nothing after the turn, so
 * no history has it.
 */
import type { AgentRef } from '../client';
import { PROGRESS_PER_SECOND, type ReportedProgress, type TurnProgress } from '../contract/agent/progress';
import { DroverError } from '../contract/errors';
import type { RunView } from '../contract/run';
import { isoNow, monotonicMs } from '../lib/clock';

/** Receives every progress. */
export type ProgressListener = (progress: ReportedProgress) => void;

interface Entry {
  readonly progress: ReportedProgress;
  /** When the last ones of the limit arrived, on the monotonic clock, oldest first. */
  readonly arrivals: readonly number[];
}

/** The turns whose progress is kept, at most 2 KB each; the one that was reported least recently goes first. */
const KEPT = 10_000;
const SECOND_MS = 1_000;

/** The last progress of each turn. One per gateway. */
export class ProgressBoard {
  /** By turn, in the order of their last report. */
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<ProgressListener>();
  readonly #now: () => number;

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** Takes a report of the agent's own turn. `RateLimited` for more than four a second of one turn. */
  report({ fleet, agent }: AgentRef, turnId: string, said: TurnProgress): void {
    const key = keyOf({ fleet, agent }, turnId);
    const now = this.#now();
    const recent = (this.#entries.get(key)?.arrivals ?? []).filter((at) => now - at < SECOND_MS);
    if (recent.length >= PROGRESS_PER_SECOND) {
      const most = String(PROGRESS_PER_SECOND);
      throw new DroverError(
        'RateLimited',
        `more than ${most} reports of progress a second of one turn; send only the latest`,
        {
          retryAfterMs: SECOND_MS,
        },
      );
    }
    const [run = ''] = turnId.split('/');
    const progress = { fleet, run, agent, turnId, at: isoNow(), ...said };
    this.#entries.delete(key);
    this.#entries.set(key, { progress, arrivals: [...recent, now] });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > KEPT && oldest !== undefined) this.#entries.delete(oldest);
    for (const listener of this.#listeners) listener(progress);
  }

  /** Calls the listener with each report from now on, until the returned function is called. */
  follow(listener: ProgressListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The run with the progress of the turns that it waits for, if this gateway has received any. */
  withProgress(run: RunView): RunView {
    const { fleet, waits = [] } = run;
    const progress = waits.flatMap(({ agent, turnId }) => {
      const entry = turnId === null ? undefined : this.#entries.get(keyOf({ fleet, agent }, turnId));
      return entry === undefined ? [] : [entry.progress];
    });
    return progress.length === 0 ? run : { ...run, progress };
  }
}

function keyOf({ fleet, agent }: AgentRef, turnId: string): string {
  return `${fleet}/${agent} ${turnId}`;
}
