/** Tells one branch, or the run, that it has to end. */
export interface Stop {
  /** Calls back when it has to, at once if it has to already; what it returns stops listening. */
  onStop(then: (reason: string) => void): () => void;
  stop(reason: string): void;
  /** Why it has to end; null: it has not. */
  reason(): string | null;
}

const NOBODY: readonly never[] = [];

/** The first reason stands. */
export function createStop(): Stop {
  return new FirstStop();
}

/** A class, as a simulation has tens of thousands: each is one object, not one per function. One listener at a time is the rule. */
class FirstStop implements Stop {
  #listeners: readonly ((reason: string) => void)[] = NOBODY;
  #stopped: string | null = null;

  reason(): string | null {
    return this.#stopped;
  }

  onStop(then: (reason: string) => void): () => void {
    if (this.#stopped === null) this.#listeners = [...this.#listeners, then];
    else then(this.#stopped);
    return () => {
      this.#listeners = this.#listeners.filter((listener) => listener !== then);
    };
  }

  stop(reason: string): void {
    if (this.#stopped !== null) return;
    this.#stopped = reason;
    const listeners = this.#listeners;
    this.#listeners = NOBODY;
    for (const listener of listeners) listener(reason);
  }
}
