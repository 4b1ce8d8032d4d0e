/**
 * Marks on a clock that stops while a run is paused: reminders and deadlines after an hour, a day
 * or three days of waiting. A mark is passed by its timer alone; the clock only says how long the
 * timer still takes, so a replay that reads another time decides the same.
 */
import type { Timing } from './timing';

/** The marks of one item. */
export interface Marks {
  /** Calls `act` once after `ms` of running time; it replaces a mark of the same name. */
  set(name: string, ms: number, act: () => void): void;
  /** When the mark is passed, by the clock; null: it is not set, was passed, or the clock is stopped. */
  dueAt(name: string): number | null;
  /** The running time that is left until the mark; null: it is not set or was passed. */
  left(name: string): number | null;
  setRunning(isRunning: boolean): void;
  /** Forgets every mark. */
  clear(): void;
}

interface Mark {
  readonly atMs: number;
  readonly act: () => void;
}

/** Creates marks; the clock begins at 0. */
export function createMarks(time: Timing, isRunning: boolean): Marks {
  const marks = new Map<string, Mark>();
  let elapsedMs = 0;
  let since: number | null = isRunning ? time.now() : null;
  let cancel: () => void = () => undefined;

  const elapsed = (): number => elapsedMs + (since === null ? 0 : Math.max(0, time.now() - since));
  const left = ({ atMs }: Mark): number => Math.max(0, atMs - elapsed());

  function arm(): void {
    cancel();
    cancel = () => undefined;
    if (since === null || marks.size === 0) return;
    const [first, ...others] = [...marks];
    if (first === undefined) return;
    const [name, next] = others.reduce((least, entry) => (entry[1].atMs < least[1].atMs ? entry : least), first);
    cancel = time.schedule(left(next), () => {
      marks.delete(name);
      // The timer is the clock: what it has measured counts, also if the clock reads another time.
      elapsedMs = next.atMs;
      since = time.now();
      next.act();
      arm();
    });
  }

  return {
    set(name, ms, act) {
      marks.set(name, { atMs: elapsed() + ms, act });
      arm();
    },
    dueAt(name) {
      const mark = marks.get(name);
      return mark === undefined || since === null ? null : since + Math.max(0, mark.atMs - elapsedMs);
    },
    left(name) {
      const mark = marks.get(name);
      return mark === undefined ? null : left(mark);
    },
    setRunning(runs) {
      if (runs === (since !== null)) return;
      elapsedMs = elapsed();
      since = runs ? time.now() : null;
      arm();
    },
    clear() {
      marks.clear();
      arm();
    },
  };
}
