/** Tells one branch, or the run, that it must end. */
export interface Stop {
  /**
   * Calls back when it must end, immediately if it already must; the returned function stops
   * listening.
   */
  onStop(then: (reason: string) => void): () => void;
  stop(reason: string): void;
  /** Why it must end; null: it need not. */
  reason(): string | null;
}

const NO_LISTENERS: readonly never[] = [];

/** Creates a stop; its first reason stays. */
export function createStop(): Stop {
  return new FirstStop();
}

/**
 * A class, because a simulation has tens of thousands and closures would cost more memory. Most
 * have one listener.
 */
class FirstStop implements Stop {
  #listeners: readonly ((reason: string) => void)[] = NO_LISTENERS;
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
    this.#listeners = NO_LISTENERS;
    for (const listener of listeners) listener(reason);
  }
}
