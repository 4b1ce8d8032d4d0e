/** Events, found by comparing visibility over time. No component has to publish them. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DroverEvent } from '../contract/event';
import { isoNow } from '../lib/clock';
import { type Known, updateKnown, type News, newsBetween, NOTHING_KNOWN } from '../rules/events/news';
import { isOutage } from './temporal/backoff';
import type { Calls } from './temporal/calls';
import { firstLook, lookAgain, lookBack, type LookTools } from './looks';
import type { Pools } from './pools';

/**
 * `signal` ends the watch without an error; `everyMs` is the pause between two looks, 1 s unless
 * given.
 */
export interface ObserveOptions {
  /** Only events of this fleet, and of the pools of its agents. */
  readonly fleet?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly everyMs?: number | undefined;
}

/** `onWatching` is called once, after the first look: every later event is seen. */
export interface WatchOptions extends ObserveOptions {
  readonly onWatching?: () => void;
}

/** An event, and the fleets that it concerns: a pool belongs to no single fleet. */
export interface Observed {
  readonly event: DroverEvent;
  readonly fleets: readonly string[];
}

/** Faster than a person notices; a list of 1,000 agents costs the server a few milliseconds. */
const EVERY_MS = 1_000;
/**
 * The longest pause between two looks during an outage: short for a person who waits, long enough
 * for a server that starts.
 */
const OUTAGE_PAUSE_MS = 5_000;
/** Ended runs in `recent`: as many as fit on a screen. */
const RECENT_RUNS = 20;

/** Events of agents, runs and pools. */
export class Events {
  readonly #calls: Calls;
  readonly #pools: Pools;

  constructor(calls: Calls, pools: Pools) {
    this.#calls = calls;
    this.#pools = pools;
  }

  /**
   * Every event from now on, until `signal` aborts. Rejects if the first look fails; a later look
   * that fails is repeated.
   */
  async *watch({ onWatching, ...options }: WatchOptions = {}): AsyncGenerator<DroverEvent, void, undefined> {
    let first = true;
    for await (const batch of this.observe(options)) {
      if (first) onWatching?.();
      first = false;
      for (const { event } of batch) yield event;
    }
  }

  /** The same with the fleets of each event: a list after every look. The first list is empty. */
  async *observe(options: ObserveOptions = {}): AsyncGenerator<readonly Observed[], void, undefined> {
    const { fleet, signal, everyMs = EVERY_MS } = options;
    const tools = this.#tools(fleet);
    let known = updateKnown(NOTHING_KNOWN, await firstLook(tools));
    yield [];
    for (let pauseMs = everyMs; await passes(pauseMs, signal);) {
      const after = await nextKnown(tools, known);
      pauseMs = after === null ? Math.min(OUTAGE_PAUSE_MS, pauseMs * 2) : everyMs;
      if (after === null) continue;
      const news = newsBetween(known, after);
      known = after;
      yield observed(news);
    }
  }

  /**
   * Past events that are still known, newest last: the last 20 ended runs, and what is failed,
   * offline or exhausted now.
   */
  async recent({ fleet }: { readonly fleet?: string | undefined } = {}): Promise<DroverEvent[]> {
    const look = await lookBack(this.#tools(fleet), RECENT_RUNS);
    const news = newsBetween(NOTHING_KNOWN, updateKnown(NOTHING_KNOWN, look)).filter(
      ({ type }) => type !== 'agent.ready',
    );
    const events = observed(news).map(({ event }) => event);
    return events.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  #tools(fleet: string | undefined): LookTools {
    return { calls: this.#calls, pools: this.#pools, fleet };
  }
}

/** Null: Temporal does not answer. */
async function nextKnown(tools: LookTools, known: Known): Promise<Known | null> {
  try {
    return updateKnown(known, await lookAgain(tools, known));
  } catch (error) {
    if (isOutage(error)) return null;
    throw error;
  }
}

/** False once the signal has aborted. */
async function passes(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  await sleep(ms, undefined, signal && { signal }).catch(() => undefined);
  return signal?.aborted !== true;
}

function observed(news: readonly News[]): Observed[] {
  const now = isoNow();
  return news.map(({ type, at, data, fleets }) => ({ event: withId({ type, at: at ?? now, data }), fleets }));
}

/**
 * The end of a run always has the same id. An event that gets its time from the look has a new id
 * each time.
 */
function withId(event: Omit<DroverEvent, 'id'>): DroverEvent {
  const { type, at, data } = event;
  const digest = createHash('sha256')
    .update(JSON.stringify([type, at, data]))
    .digest('hex');
  return { id: `evt_${digest.slice(0, 32)}`, type, at, data };
}
