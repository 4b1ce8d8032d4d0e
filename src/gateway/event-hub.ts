/**
 * Watches events once for all listeners, and remembers them so that a returning listener misses
 * none (decision 38).
 */
import type { Observed } from '../client';
import { DroverError } from '../contract/errors';

/** The source of events: a list after every look, until the signal aborts. */
export type EventSource = (signal: AbortSignal) => AsyncIterator<readonly Observed[], unknown>;

/** A receiver of events. */
export interface Listener {
  /**
   * Called first, with the missed events; null if they are no longer known, so that events start
   * now.
   */
  begin(missed: readonly Observed[] | null): void;
  /** Called with new events. */
  hear(events: readonly Observed[]): void;
  /** Called after a while without events. */
  keepAlive(): void;
  /** Called after the last event. */
  end(): void;
}

/** Times in ms, for tests. */
export interface HubTimes {
  readonly keepAliveMs?: number;
  readonly lingerMs?: number;
}

/** How many events are remembered: some hundred KB. */
const REMEMBERED = 1_000;
/** Proxies cut connections that are silent for 30 to 60 s. */
const KEEP_ALIVE_MS = 15_000;
/**
 * How long the watch goes on without listeners: a disconnected client is back by then, a browser
 * after 3 s.
 */
const LINGER_MS = 60_000;

/** A running watch and the events that it has seen. */
interface Watch {
  readonly stop: AbortController;
  readonly keepAlive: NodeJS.Timeout;
  readonly remembered: Observed[];
  /** Rejects if the first look fails. */
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

  /** The number of listeners. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Adds a listener once Temporal has answered. It continues after the event `lastId`. */
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

  /** Removes a listener. */
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
    // A failure of the first look rejects `join`. A later failure ends the watch, and the listeners
    // reconnect.
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
