/** Tells one branch, or the run, that it has to end. */
export interface Stop {
  /** Calls back when it has to, at once if it has to already; what it returns stops listening. */
  onStop(then: (reason: string) => void): () => void;
  stop(reason: string): void;
  /** Why it has to end; null: it has not. */
  reason(): string | null;
}

/** The first reason stands. */
export function createStop(): Stop {
  const listeners = new Set<(reason: string) => void>();
  let stopped: string | null = null;
  return {
    reason: () => stopped,
    onStop(then) {
      if (stopped !== null) then(stopped);
      else listeners.add(then);
      return () => listeners.delete(then);
    },
    stop(reason) {
      if (stopped !== null) return;
      stopped = reason;
      for (const listener of [...listeners]) listener(reason);
      listeners.clear();
    },
  };
}
