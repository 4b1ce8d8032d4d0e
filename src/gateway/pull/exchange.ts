/** The agents that poll this gateway, each with the calls that wait for it. */
import type { AgentRef } from '../../client';
import { monotonicMs } from '../../lib/clock';
import { Counter } from './counter';

/** Empty counters are looked for when so many agents are known. */
const SWEEP_FROM = 1_000;

/** One per gateway. */
export class Exchange {
  readonly #agents = new Map<string, Counter>();
  readonly #now: () => number;
  #sweepFrom = SWEEP_FROM;

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** The counter of an agent. */
  of({ fleet, agent }: AgentRef): Counter {
    const key = `${fleet}/${agent}`;
    let counter = this.#agents.get(key);
    if (counter === undefined) {
      this.#sweep();
      counter = new Counter(this.#now);
      this.#agents.set(key, counter);
    }
    return counter;
  }

  /** Polls that wait, of all agents. */
  get waiting(): number {
    return [...this.#agents.values()].reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Ends every poll and every call. */
  close(): void {
    for (const counter of this.#agents.values()) counter.close();
  }

  #sweep(): void {
    if (this.#agents.size < this.#sweepFrom) return;
    for (const [key, counter] of this.#agents) if (counter.isEmpty) this.#agents.delete(key);
    this.#sweepFrom = Math.max(SWEEP_FROM, this.#agents.size * 2);
  }
}
