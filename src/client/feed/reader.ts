/**
 * The reader of a process: one look at visibility a second says which logs have grown, and each is
 * read from where the last read ended. It serves all listeners.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DroverError } from '../../contract/errors';
import { messageOf } from '../../contract/text';
import type { DroverEvent } from '../../contract/event';
import { monotonicMs } from '../../lib/clock';
import { isOutage } from '../temporal/backoff';
import type { Calls } from '../temporal/calls';
import { eventOf, gapEvent, inTurns, logOf } from './logs';
import { type Due, keyOf, Knowledge, type Row } from './known';
import { changedRows, HORIZON_MS, latestRows, openRows } from './lists';
import { observed, type Observed } from './observed';

/** Times in ms, for tests. */
export interface ReaderTimes {
  readonly everyMs?: number;
  readonly repairEveryMs?: number;
}

/** The listener of a reader: receives the new events of a look. Called with its end too; an error ended it. */
export interface Ear {
  hear(batch: readonly Observed[]): void;
  end(error: Error | undefined): void;
}

/** Faster than a person notices. */
const EVERY_MS = 1_000;
/** A usual look takes what has changed in the last seconds: visibility lags by less. */
const NARROW_MS = 5_000;
/** Every tenth look takes a minute, for what visibility has shown late. */
const WIDE_EVERY = 10;
/** How often everything is compared with what is known. */
const REPAIR_EVERY_MS = 10 * 60_000;
/** The longest pause between two looks during an outage, and between two reads of a log that does not answer. */
const LONGEST_PAUSE_MS = 5_000;

/** A log that did not answer, with its next try. */
interface Silent {
  readonly due: Due;
  readonly tries: number;
  readonly notBefore: number;
}

interface Found {
  readonly due: Due;
  /** 0: it is not an entry of a log. */
  readonly seq: number;
  readonly event: DroverEvent;
}

/** One reader; it reads until it is stopped. */
export class Reader {
  readonly #calls: Calls;
  readonly #everyMs: number;
  readonly #repairEveryMs: number;
  readonly #stop = new AbortController();
  readonly #ears = new Set<Ear>();
  readonly #silent = new Map<string, Silent>();
  /** The answers of logs that were asked again. */
  readonly #late: Found[] = [];
  #isAsking = false;
  readonly #repaired: (count: number) => void;
  #knowledge = new Knowledge(0);
  /** Resolves once every later event is seen; rejects if the first look fails. */
  readonly begun: Promise<void>;

  constructor(
    calls: Calls,
    repaired: (count: number) => void,
    { everyMs = EVERY_MS, repairEveryMs = REPAIR_EVERY_MS }: ReaderTimes = {},
  ) {
    this.#calls = calls;
    this.#repaired = repaired;
    this.#everyMs = everyMs;
    this.#repairEveryMs = repairEveryMs;
    this.begun = this.#begin();
    this.begun
      .then(() => this.#read())
      .then(
        () => this.#end(undefined),
        (error: unknown) => this.#end(asError(error)),
      );
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Adds a listener. Returns a function that removes it; the last one stops the reader. */
  join(ear: Ear): () => void {
    this.#ears.add(ear);
    return () => {
      this.#ears.delete(ear);
      if (this.#ears.size === 0) this.#stop.abort();
    };
  }

  async #begin(): Promise<void> {
    const rows = await latestRows(this.#calls);
    const latest = Math.max(0, ...rows.map(({ changedAt }) => changedAt));
    this.#knowledge = new Knowledge(Math.max(0, latest - HORIZON_MS), rows);
  }

  async #read(): Promise<void> {
    let repairAt = monotonicMs() + this.#repairEveryMs;
    let pauseMs = this.#everyMs;
    for (let look = 1; !this.isOver; look += 1) {
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.isOver) return;
      const from = monotonicMs();
      const isRepair = from >= repairAt;
      const rows = await this.#look(look % WIDE_EVERY === 0 ? HORIZON_MS : NARROW_MS, isRepair);
      if (rows === null) {
        pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(pauseMs, this.#everyMs) * 2);
        continue;
      }
      if (isRepair) repairAt = monotonicMs() + this.#repairEveryMs;
      await this.#tell(rows);
      pauseMs = Math.max(0, this.#everyMs - (monotonicMs() - from));
    }
  }

  /** Null: Temporal does not answer. */
  async #look(backMs: number, isRepair: boolean): Promise<Row[] | null> {
    try {
      const since = Math.max(0, this.#knowledge.highest - backMs);
      const rows = await changedRows(this.#calls, since);
      if (isRepair) rows.push(...(await this.#overlooked(since)));
      return rows;
    } catch (error) {
      if (isOutage(error)) return null;
      throw error;
    }
  }

  /** The open workflows whose change no look has shown. */
  async #overlooked(since: number): Promise<Row[]> {
    const older = (await openRows(this.#calls)).filter(({ changedAt }) => changedAt < since - HORIZON_MS);
    const keys = new Set(this.#knowledge.due(older).map(({ workflowId }) => workflowId));
    const overlooked = older.filter(({ workflowId }) => keys.has(workflowId) && !this.#silent.has(workflowId));
    this.#repaired(overlooked.length);
    return overlooked;
  }

  async #tell(rows: readonly Row[]): Promise<void> {
    const found = this.#late.splice(0);
    const fresh = this.#knowledge.due(rows).filter((due) => !this.#silent.has(keyOf(due)));
    await inTurns(fresh, async (due) => {
      found.push(...(await this.#newsOf(due)));
    });
    this.#askAgain();
    if (found.length === 0) return;
    const held = Math.min(...[...this.#silent.values()].map(({ due }) => due.changedAt));
    // A listener that resumes must begin before what has not been read yet.
    const batch = found.sort(inOrder).map(({ event, due }) => {
      const one = observed(event, due.workflowId);
      return { ...one, from: Math.min(one.from, held) };
    });
    for (const ear of [...this.#ears]) ear.hear(batch);
  }

  /** Beside the looks, which must not wait for a log that does not answer. */
  #askAgain(): void {
    if (this.#isAsking) return;
    const now = monotonicMs();
    const ready = [...this.#silent.values()].filter(({ notBefore }) => notBefore <= now);
    this.#isAsking = true;
    const asked = inTurns(ready, async ({ due }) => {
      this.#late.push(...(await this.#newsOf(due)));
    });
    asked.catch((error: unknown) => this.#end(asError(error))).finally(() => (this.#isAsking = false));
  }

  /** A log that does not answer is neither a gap nor skipped: it stays due. */
  async #newsOf(due: Due): Promise<Found[]> {
    try {
      const answer = await logOf(this.#calls, due, this.#knowledge.queryOf(due));
      this.#silent.delete(keyOf(due));
      if (answer === null) {
        this.#knowledge.skip(due);
        return [{ due, seq: 0, event: gapEvent(due, 0) }];
      }
      const { entries, missed } = this.#knowledge.take(due, answer);
      const gap = missed === 0 ? [] : [{ due, seq: 0, event: gapEvent(due, missed, answer.next) }];
      return [...gap, ...entries.map((entry) => ({ due, seq: entry.seq, event: eventOf(entry) }))];
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      this.#stay(due);
      return [];
    }
  }

  #stay(due: Due): void {
    const tries = (this.#silent.get(keyOf(due))?.tries ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, this.#everyMs * 2 ** tries);
    this.#silent.set(keyOf(due), { due, tries, notBefore: monotonicMs() + pauseMs });
  }

  #end(error: Error | undefined): void {
    this.#stop.abort();
    for (const ear of [...this.#ears]) ear.end(error);
    this.#ears.clear();
  }
}

/** A thrown value as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new DroverError('Internal', messageOf(thrown));
}

/** The order of one look: by time, then by workflow, then by number. */
function inOrder(one: Found, other: Found): number {
  const byTime = Date.parse(one.event.at) - Date.parse(other.event.at);
  if (byTime !== 0) return byTime;
  if (one.due.workflowId === other.due.workflowId) return one.seq - other.seq;
  return one.due.workflowId < other.due.workflowId ? -1 : 1;
}
