/** One look after another for however many listen, and the memory by which a listener that comes back misses nothing. */
import type { Observed } from '../client';
import { DroverError } from '../contract/errors';

/** Where events come from: a list after every look, until the signal aborts. */
export type EventSource = (signal: AbortSignal) => AsyncIterator<readonly Observed[], unknown>;

/** Whoever is told. */
export interface Listener {
  /** Where it comes in: with what it has missed, or, null, from now on because that is no longer known. */
  begin(missed: readonly Observed[] | null): void;
  /** What has happened. */
  hear(events: readonly Observed[]): void;
  /** Nothing has, for a while. */
  keepAlive(): void;
  /** There will be nothing more. */
  end(): void;
}

/** Times in ms, for tests. */
export interface HubTimes {
  readonly keepAliveMs?: number;
  readonly lingerMs?: number;
}

/** Events that are remembered: some hundred KB. */
const REMEMBERED = 1_000;
/** Proxies cut what is silent for 30 to 60 s. */
const KEEP_ALIVE_MS = 15_000;
/** A client that was cut off is back by then, browsers after 3 s; what happens until then is still seen. */
const LINGER_MS = 60_000;

/** While somebody watches: the looks that go on, and what they have seen. */
interface Watch {
  readonly stop: AbortController;
  readonly keepAlive: NodeJS.Timeout;
  readonly remembered: Observed[];
  /** Rejects where the first look fails. */
  readonly begun: Promise<void>;
}

/** One per gateway. */
export class EventHub {
  readonly #source: EventSource;
  readonly #times: Required<HubTimes>;
  readonly #listeners = new Set<Listener>();
  #watch: Watch | null = null;
  #linger: NodeJS.Timeout | undefined;

  constructor(source: EventSource, { keepAliveMs = KEEP_ALIVE_MS, lingerMs = LINGER_MS }: HubTimes = {}) {
    this.#source = source;
    this.#times = { keepAliveMs, lingerMs };
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Adds a listener once Temporal has answered; it goes on after the event `lastId`. */
  async join(listener: Listener, lastId?: string): Promise<void> {
    clearTimeout(this.#linger);
    const watch = (this.#watch ??= this.#begin());
    await watch.begun;
    if (this.#watch !== watch) throw new DroverError('Unavailable', 'the events have ended; connect again');
    this.#listeners.add(listener);
    const last = watch.remembered.findIndex(({ event }) => event.id === lastId);
    if (lastId === undefined) listener.begin([]);
    else listener.begin(last < 0 ? null : watch.remembered.slice(last + 1));
  }

  /** Takes a listener out. */
  leave(listener: Listener): void {
    this.#listeners.delete(listener);
    this.#stopLater();
  }

  /** Ends every listener. */
  close(): void {
    if (this.#watch !== null) this.#end(this.#watch);
  }

  #begin(): Watch {
    const stop = new AbortController();
    const batches = this.#source(stop.signal);
    const keepAlive = setInterval(() => {
      for (const listener of this.#listeners) listener.keepAlive();
    }, this.#times.keepAliveMs);
    const begun = batches.next().then(() => undefined);
    const watch: Watch = { stop, keepAlive, begun, remembered: [] };
    // A first look that failed is its listeners' answer; what fails later has none, so that they come again.
    begun
      .then(() => this.#follow(watch, batches))
      .then(
        () => this.#end(watch),
        () => this.#end(watch),
      );
    return watch;
  }

  async #follow({ remembered }: Watch, batches: AsyncIterator<readonly Observed[], unknown>): Promise<void> {
    for (let batch = await batches.next(); batch.done !== true; batch = await batches.next()) {
      if (batch.value.length === 0) continue;
      remembered.push(...batch.value);
      remembered.splice(0, remembered.length - REMEMBERED);
      for (const listener of this.#listeners) listener.hear(batch.value);
    }
  }

  #stopLater(): void {
    const watch = this.#watch;
    if (watch === null || this.#listeners.size > 0) return;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#end(watch), this.#times.lingerMs).unref();
  }

  #end(watch: Watch): void {
    watch.stop.abort();
    clearInterval(watch.keepAlive);
    if (this.#watch !== watch) return;
    this.#watch = null;
    clearTimeout(this.#linger);
    for (const listener of [...this.#listeners]) listener.end();
    this.#listeners.clear();
  }
}
