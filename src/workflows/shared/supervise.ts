/**
 * The one way to do something beside a workflow's main loop. What fails there is recorded, waits, and is tried again: it never
 * fails the workflow's task, which would wedge the workflow, and is never given up in silence.
 */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { Trouble } from '../../contract/trouble';
import { nextTrouble, pauseAfter } from '../../rules/lib/troubles';
import { errorBody, saysNothing } from './failures';
import { isoNow } from './iso-now';
import { until } from './until';

/** How long what is not the other side's own answer is tried again where somebody waits for it: a worker is repaired by then. */
const PATIENCE_MS = 10 * 60_000;

export interface Supervisor {
  /**
   * Does the work beside everything else, again after a pause whenever it fails, until it ends well, whether or not its caller's scope
   * is cancelled. Work that does not end says by `goesWell` that an earlier trouble is over.
   */
  keep(what: string, work: (goesWell: () => void) => Promise<unknown>): void;
  /** Does the work whenever `isDue`, for as long as the workflow runs; `isNew` ends a pause early. */
  always(what: string, isDue: () => boolean, work: () => Promise<unknown>, isNew?: () => boolean): void;
  /** Waits until the work ends well. Throws only when its scope is cancelled. */
  persist<T>(what: string, work: () => Promise<T>, isNew?: () => boolean): Promise<T>;
  /**
   * Waits until the work ends, well or with an answer of the other side. What says nothing of the work (no worker, a server that
   * fails inside) is tried again for ten minutes, unless `isOver`, and then thrown.
   */
  patiently<T>(what: string, work: () => Promise<T>, isOver?: () => boolean): Promise<T>;
  /** Does something at once; what it throws is recorded, and nothing more. */
  attempt(what: string, act: () => void): void;
  /** Whether this work has failed and waits for its next try. */
  isResting(what: string): boolean;
  /** What fails at the moment, the oldest first. */
  troubles(): readonly Trouble[];
}

/** One per run of a workflow. `show` hears whenever the troubles are others; what it throws is a trouble too. */
export function createSupervisor(show: () => void): Supervisor {
  const troubles = new Map<string, Trouble>();
  const resting = new Set<string>();

  function record(what: string, error: unknown): number {
    const trouble = nextTrouble(troubles.get(what), what, saidBy(error), isoNow());
    troubles.set(what, trouble);
    shown();
    return trouble.attempts;
  }

  function well(what: string): void {
    if (troubles.delete(what)) shown();
  }

  function shown(): void {
    try {
      show();
    } catch (error) {
      troubles.set('show', nextTrouble(troubles.get('show'), 'show', saidBy(error), isoNow()));
    }
  }

  async function rest(what: string, attempts: number, isNew: () => boolean): Promise<void> {
    resting.add(what);
    try {
      await condition(isNew, pauseAfter(attempts, Math.random()), { summary: `before the next try: ${what}` });
    } finally {
      resting.delete(what);
    }
  }

  async function persist<T>(what: string, work: () => Promise<T>, isNew: () => boolean = never): Promise<T> {
    for (;;) {
      try {
        const result = await work();
        well(what);
        return result;
      } catch (error) {
        if (isEnded(error)) throw error;
        await rest(what, record(what, error), isNew);
      }
    }
  }

  async function patiently<T>(what: string, work: () => Promise<T>, isOver: () => boolean = never): Promise<T> {
    for (let waited = 0; ;) {
      try {
        const result = await work();
        well(what);
        return result;
      } catch (error) {
        const isAnswer = !saysNothing(error) || isEnded(error);
        const attempts = isAnswer ? 0 : record(what, error);
        if (isAnswer || waited >= PATIENCE_MS || isOver()) {
          well(what);
          throw error;
        }
        // Added up, and not read from the clock: after a local activity a replay may read another time.
        waited += pauseAfter(attempts, 1);
        await rest(what, attempts, isOver);
      }
    }
  }

  function keep(what: string, work: (goesWell: () => void) => Promise<unknown>): void {
    const goesWell = (): void => {
      well(what);
    };
    CancellationScope.nonCancellable(() => persist(what, () => work(goesWell))).catch((error: unknown) => {
      record(what, error);
    });
  }

  return {
    keep,
    persist,
    patiently,
    always(what, isDue, work, isNew) {
      keep(what, async (goesWell) => {
        for (;;) {
          await until(isDue);
          goesWell();
          await persist(what, work, isNew);
        }
      });
    },
    attempt(what, act) {
      try {
        act();
        well(what);
      } catch (error) {
        record(what, error);
      }
    },
    isResting: (what) => resting.has(what),
    troubles: () => [...troubles.values()],
  };
}

const never = (): boolean => false;

/** A cancelled scope ends what is done in it. */
function isEnded(error: unknown): boolean {
  return isCancellation(error) && CancellationScope.current().consideredCancelled;
}

function saidBy(error: unknown): string {
  return errorBody(error).message;
}
