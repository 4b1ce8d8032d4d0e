/** The feed: events as workflows record them in their logs (docs/events.md). */
import type { DroverEvent } from '../../contract/event';
import type { Calls } from '../temporal/calls';
import { checkSearchAttributes } from '../temporal/search-attributes';
import type { Due } from './known';
import { gapEvent } from './logs';
import { type EventFilter, isWanted, observed, type Observed } from './observed';
import { asError, type Ear, Reader, type ReaderTimes } from './reader';
import { readBack, readLogs, resumeFrom } from './replay';

export type { EventFilter, Observed } from './observed';

/** `signal` ends it without an error. */
export interface ObserveOptions extends EventFilter {
  readonly signal?: AbortSignal | undefined;
  /** The cursor of the last event that was seen: it goes on from there. */
  readonly after?: string | undefined;
  /** Without a cursor: what happened since this time (epoch ms) comes first. */
  readonly since?: number | undefined;
}

/** `onWatching` is called once: every later event is seen. */
export interface WatchOptions extends ObserveOptions {
  readonly onWatching?: () => void;
}

/** The pause before logs that did not answer are asked again. */
const AGAIN_MS = 2_000;
/** Events that are remembered so that a listener gets each once. */
const REMEMBERED = 10_000;

/** Events of agents, changes, runs and pools. One reader serves all listeners of a client. */
export class Feed {
  readonly #calls: Calls;
  readonly #times: ReaderTimes;
  #reader: Reader | null = null;
  #repairs = 0;

  constructor(calls: Calls, times: ReaderTimes = {}) {
    this.#calls = calls;
    this.#times = times;
  }

  /** How many workflows the comparison every 10 minutes has found that no look had shown. */
  get repairs(): number {
    return this.#repairs;
  }

  /**
   * Every event from now on, or from a cursor on, until `signal` aborts. Each is yielded once. Rejects
   * if the first look fails; a later look that fails is repeated.
   *
   * @example
   * ```ts
   * for await (const { type, data } of drover.feed.watch({ fleet: 'mars' })) console.log(type, data);
   * ```
   */
  async *watch({ onWatching, ...options }: WatchOptions = {}): AsyncGenerator<DroverEvent, void, undefined> {
    let isFirst = true;
    for await (const batch of this.observe(options)) {
      if (isFirst) onWatching?.();
      isFirst = false;
      for (const { event } of batch) yield event;
    }
  }

  /**
   * The same with what a listener needs to resume: a list after every look with events. The first
   * list has what `after` asks for, and is empty without it.
   */
  async *observe({ signal, after, since, ...filter }: ObserveOptions = {}): AsyncGenerator<
    readonly Observed[],
    void,
    undefined
  > {
    await this.#mustBeRegistered();
    const queue = new Queue();
    const leave = this.#current().join(queue);
    const stop = (): void => queue.end(undefined);
    signal?.addEventListener('abort', stop);
    const seen = new Set<string>();
    const start = startOf(after, since);
    let silent: readonly Due[] = [];
    const fresh = (batch: readonly Observed[]): Observed[] =>
      batch
        .filter((one) => isWanted(one, filter) && isNew(seen, one.event.id))
        // A listener that resumes must not skip events that are still to be read back.
        .map((one) => (silent.length === 0 || start === null ? one : { ...one, from: Math.min(one.from, start) }));
    try {
      await this.#current().begun;
      const past = start === null ? null : await readBack(this.#calls, start, filter.fleet);
      silent = past?.silent ?? [];
      yield fresh(past?.events ?? []);
      const again = async (): Promise<void> => {
        if (start === null || silent.length === 0) return;
        const found = await readLogs(this.#calls, start, silent);
        silent = found.silent;
        if (found.events.length > 0) queue.hear(found.events);
      };
      const retrying = setInterval(() => void again().catch((error: unknown) => queue.end(asError(error))), AGAIN_MS);
      try {
        for (let batch = await queue.next(); batch !== null; batch = await queue.next()) {
          const wanted = fresh(batch);
          if (wanted.length > 0) yield wanted;
        }
      } finally {
        clearInterval(retrying);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      leave();
    }
  }

  /**
   * The events since a time (epoch ms), oldest first, as far as the logs reach. A `feed.gap`
   * says where one does not, or where a workflow does not answer.
   */
  async since(time: number, filter: EventFilter = {}): Promise<DroverEvent[]> {
    await this.#mustBeRegistered();
    const { events, silent } = await readBack(this.#calls, time, filter.fleet);
    const unread = silent.map((due) => observed(gapEvent(due, 0), due.workflowId));
    return [...events, ...unread].filter((one) => isWanted(one, filter)).map(({ event }) => event);
  }

  /** Throws the remedy where the namespace lacks the attribute by which the feed finds logs. */
  #mustBeRegistered(): Promise<void> {
    return this.#calls.within(null, {}, () => checkSearchAttributes(this.#calls.client));
  }

  #current(): Reader {
    if (this.#reader === null || this.#reader.isOver) {
      this.#reader = new Reader(this.#calls, (count) => (this.#repairs += count), this.#times);
    }
    return this.#reader;
  }
}

/** The cursor of an event: the id of its message in a stream. */
export function cursorOf({ event, from }: Pick<Observed, 'event' | 'from'>): string {
  return `${String(from)}.${event.id}`;
}

/** The time of a cursor, in epoch ms; null if the text is not a cursor. */
export function cursorTime(cursor: string): number | null {
  const [, at] = /^(\d{1,16})\.evt_[0-9A-Za-z_]+$/.exec(cursor) ?? [];
  return at === undefined || Number.isNaN(new Date(Number(at)).getTime()) ? null : Number(at);
}

/** Null: events begin now. */
function startOf(after: string | undefined, since: number | undefined): number | null {
  const at = after === undefined ? null : cursorTime(after);
  if (at !== null) return resumeFrom(at);
  return since ?? null;
}

function isNew(seen: Set<string>, id: string): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  if (seen.size > REMEMBERED) for (const old of [...seen].slice(0, REMEMBERED / 2)) seen.delete(old);
  return true;
}

/** The batches that a listener has not taken yet. */
class Queue implements Ear {
  readonly #batches: (readonly Observed[])[] = [];
  #wake: () => void = () => undefined;
  #end: { readonly error: Error | undefined } | null = null;

  hear(batch: readonly Observed[]): void {
    this.#batches.push(batch);
    this.#wake();
  }

  end(error: Error | undefined): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** Null at the end; throws the error that ended the reader. */
  async next(): Promise<readonly Observed[] | null> {
    for (;;) {
      const batch = this.#batches.shift();
      if (batch !== undefined) return batch;
      if (this.#end !== null) {
        if (this.#end.error === undefined) return null;
        throw this.#end.error;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
