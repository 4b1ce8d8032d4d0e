/**
 * Runs background work of a workflow. A failure is recorded as a trouble and retried after a pause: it never fails the workflow task,
 * which would block the workflow, and it is never dropped silently.
 */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { Trouble } from '../../contract/trouble';
import { nextTrouble, pauseAfter } from '../../rules/lib/troubles';
import { errorBody, hasUnknownOutcome } from './failures';
import { isoNow } from './iso-now';
import { until } from './until';

/** How long work with an unknown outcome is retried while a caller waits for it. A worker is repaired by then. */
const PATIENCE_MS = 10 * 60_000;

/** Runs work and retries it. The name of the work, `what`, is shown in the workflow's card. */
export interface Supervisor {
  /**
   * Runs the work in the background and retries it until it succeeds, even when the caller's scope is cancelled. Endless work calls
   * `clearTrouble` to clear an earlier trouble.
   */
  keep(what: string, work: (clearTrouble: () => void) => Promise<unknown>): void;
  /** Runs the work whenever `isDue`, as long as the workflow runs. `isNew` ends a pause early. */
  always(what: string, isDue: () => boolean, work: () => Promise<unknown>, isNew?: () => boolean): void;
  /** Retries the work until it succeeds, and waits for it. Throws only when its scope is cancelled. */
  persist<T>(what: string, work: () => Promise<T>, isNew?: () => boolean): Promise<T>;
  /**
   * Waits until the work succeeds or the other side answers with an error. A failure with an unknown outcome (no worker, an internal
   * error of the server) is retried for ten minutes or until `isOver`, and then thrown.
   */
  patiently<T>(what: string, work: () => Promise<T>, isOver?: () => boolean): Promise<T>;
  /** Calls `act` once. An exception is recorded as a trouble. */
  attempt(what: string, act: () => void): void;
  /** Whether this work has failed and waits for its next attempt. */
  isResting(what: string): boolean;
  /** Current troubles, the oldest first. */
  troubles(): readonly Trouble[];
}

/** Create one per run of a workflow. Calls `show` whenever the troubles change; an exception of `show` is a trouble too. */
export function createSupervisor(show: () => void): Supervisor {
  const troubles = new Map<string, Trouble>();
  const resting = new Set<string>();

  function record(what: string, error: unknown): number {
    const trouble = nextTrouble(troubles.get(what), what, messageIn(error), isoNow());
    troubles.set(what, trouble);
    refresh();
    return trouble.attempts;
  }

  function clear(what: string): void {
    if (troubles.delete(what)) refresh();
  }

  function refresh(): void {
    try {
      show();
    } catch (error) {
      troubles.set('show', nextTrouble(troubles.get('show'), 'show', messageIn(error), isoNow()));
    }
  }

  async function pause(what: string, attempts: number, isNew: () => boolean): Promise<void> {
    resting.add(what);
    try {
      await condition(isNew, pauseAfter(attempts, Math.random()), { summary: `retry: ${what}` });
    } finally {
      resting.delete(what);
    }
  }

  async function persist<T>(what: string, work: () => Promise<T>, isNew: () => boolean = never): Promise<T> {
    for (;;) {
      try {
        const result = await work();
        clear(what);
        return result;
      } catch (error) {
        if (isEnded(error)) throw error;
        await pause(what, record(what, error), isNew);
      }
    }
  }

  async function patiently<T>(what: string, work: () => Promise<T>, isOver: () => boolean = never): Promise<T> {
    for (let waited = 0; ;) {
      try {
        const result = await work();
        clear(what);
        return result;
      } catch (error) {
        const isAnswer = !hasUnknownOutcome(error) || isEnded(error);
        const attempts = isAnswer ? 0 : record(what, error);
        if (isAnswer || waited >= PATIENCE_MS || isOver()) {
          clear(what);
          throw error;
        }
        // This adds up the pauses instead of reading the clock: after a local activity a replay may read another time.
        waited += pauseAfter(attempts, 1) + waitedMs(error);
        await pause(what, attempts, isOver);
      }
    }
  }

  function keep(what: string, work: (clearTrouble: () => void) => Promise<unknown>): void {
    const clearTrouble = (): void => {
      clear(what);
    };
    CancellationScope.nonCancellable(() => persist(what, () => work(clearTrouble))).catch((error: unknown) => {
      record(what, error);
    });
  }

  return {
    keep,
    persist,
    patiently,
    always(what, isDue, work, isNew) {
      keep(what, async (clearTrouble) => {
        for (;;) {
          await until(isDue);
          clearTrouble();
          await persist(what, work, isNew);
        }
      });
    },
    attempt(what, act) {
      try {
        act();
        clear(what);
      } catch (error) {
        record(what, error);
      }
    },
    isResting: (what) => resting.has(what),
    troubles: () => [...troubles.values()],
  };
}

const never = (): boolean => false;

/** Whether the error is the cancellation of the current scope. */
function isEnded(error: unknown): boolean {
  return isCancellation(error) && CancellationScope.current().consideredCancelled;
}

/** How long the call itself has waited, if its failure says so (shared/host.ts). */
function waitedMs(error: unknown): number {
  const waited = errorBody(error).details?.['waitedMs'];
  return typeof waited === 'number' ? waited : 0;
}

function messageIn(error: unknown): string {
  return errorBody(error).message;
}
