/**
 * Beats, coalesced (docs/http.md, "Beats"): the last beat of every agent is kept in memory, and
 * the gateway forwards as signals only what an agent's workflow needs: the first beat, every
 * change, the return of an offline agent. While a lease vouches for the agent it needs no more;
 * without one there is one renewal per `staleAfter / 3`.
 */
import { type AgentView, type Heartbeat, RENEWALS } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import type { BeatAnswer } from '../../contract/protocol';
import type { AgentRef } from '../../client';
import { monotonicMs, wallClockMs } from '../../lib/clock';
import type { Vouch, Vouching } from '../leases/vouching';
import { BeatEntry } from './beat-entry';

/** The calls of the client that the ledger needs. */
export interface BeatTarget {
  heartbeat(ref: AgentRef, beat: Heartbeat & Partial<Vouch>): Promise<void>;
  describe(ref: AgentRef): Promise<AgentView>;
}

/** Counters for the metrics. */
export interface BeatCounters {
  received(): void;
  forwarded(): void;
}

/** An agent that is silent for this long is forgotten; its next beat counts as its first. */
const FORGET_AFTER_MS = 60 * 60_000;
/** How many beats pass between two looks for agents to forget. */
const SWEEP_EVERY = 100_000;

/** Every agent's last beat. One instance per gateway. */
export class BeatLedger {
  readonly #entries = new Map<string, BeatEntry>();
  readonly #target: BeatTarget;
  readonly #counters: BeatCounters;
  readonly #now: () => number;
  /** Holds the agents in leases; without it every agent receives a renewal per `staleAfter / 3`. */
  readonly #vouching: Vouching | null;
  /** Whether the feed reports every change: then an answer holds until the next report. */
  #isFollowed = false;
  #untilSweep = SWEEP_EVERY;
  /** Since when every received beat could be sent on. */
  #listeningFrom: number;

  constructor(
    target: BeatTarget,
    counters: BeatCounters,
    now: () => number = monotonicMs,
    vouching: Vouching | null = null,
  ) {
    this.#target = target;
    this.#counters = counters;
    this.#now = now;
    this.#vouching = vouching;
    this.#listeningFrom = now();
  }

  /**
   * Takes one beat and answers it. `AgentNotFound` for an unknown agent, of which nothing is kept.
   */
  beat(ref: AgentRef, beat: Heartbeat): BeatAnswer | Promise<BeatAnswer> {
    this.#counters.received();
    this.#sweep();
    const now = this.#now();
    const entry = this.#entries.get(keyOf(ref));
    if (!entry) return this.#first(ref, beat, now);
    if (entry.isOutdated(beat)) return entry.answer ?? this.#read(ref, entry);
    const isNews = entry.take(beat, now);
    if (isNews || this.#mustTell(entry, now)) return this.#tell(ref, entry, now);
    return entry.answer && this.#isFresh(entry, now) ? entry.answer : this.#read(ref, entry);
  }

  /**
   * Takes a newer view of an agent, from a command through this gateway, so that the next beat has
   * it in its answer.
   */
  learn(view: AgentView): void {
    this.#entries.get(keyOf({ fleet: view.fleet, agent: view.name }))?.remember(view, this.#now());
  }

  /** From here on the feed reports every change. An earlier change needs one query. */
  followed(): void {
    this.#isFollowed = true;
    for (const entry of this.#entries.values()) entry.changes += 1;
  }

  /** The agent has changed: its next beat reads it once. */
  changed(ref: AgentRef): void {
    const entry = this.#entries.get(keyOf(ref));
    if (entry) entry.changes += 1;
  }

  /** The feed has ended: until it begins again, each agent is read once per `staleAfter / 3`. */
  unfollowed(): void {
    this.#isFollowed = false;
  }

  /** A beat could not be passed on, so silence counts from now at the earliest. */
  deaf(): void {
    this.#listeningFrom = this.#now();
  }

  /**
   * For how many milliseconds beats have been received and passed on: since the start, or since one
   * could not be.
   */
  listeningMs(): number {
    return Math.max(0, Math.round(this.#now() - this.#listeningFrom));
  }

  /** When the agent last beat here, ISO 8601 in UTC; null: it is not in memory. */
  lastBeatAt(ref: AgentRef): string | null {
    const entry = this.#entries.get(keyOf(ref));
    return entry === undefined ? null : new Date(wallClockMs() - (this.#now() - entry.seenAt)).toISOString();
  }

  /** The number of agents in memory. */
  get size(): number {
    return this.#entries.size;
  }

  async #first(ref: AgentRef, beat: Heartbeat, now: number): Promise<BeatAnswer> {
    const entry = new BeatEntry(ref, beat, now);
    this.#entries.set(keyOf(ref), entry);
    return this.#tell(ref, entry, now);
  }

  #isFresh({ changes, seenChanges, readAt, staleAfterMs }: BeatEntry, now: number): boolean {
    if (changes !== seenChanges) return false;
    return this.#isFollowed || !isOver(readAt, staleAfterMs / RENEWALS, now);
  }

  #mustTell(entry: BeatEntry, now: number): boolean {
    const { toldAt, offline, isMisheard, heldBy, staleAfterMs } = entry;
    if (offline || toldAt === null) return true;
    // A late message may have undone an earlier beat.
    const needsRenewal = heldBy === null || isMisheard;
    if (needsRenewal && isOver(toldAt, staleAfterMs / RENEWALS, now)) return true;
    const vouching = this.#vouching;
    // An agent that was held learns the next lease, at the pace of all.
    return vouching !== null && !vouching.isHeld(entry) && vouching.mustName(entry, now);
  }

  /**
   * Sends a beat to the workflow, then queries it, so that the answer is never older than the beat.
   */
  async #tell(ref: AgentRef, entry: BeatEntry, now: number): Promise<BeatAnswer> {
    entry.toldAt = now;
    const { beat, owed } = entry;
    if (owed !== null) await this.#send(ref, entry, owed);
    await this.#send(ref, entry, beat);
    const answer = await this.#read(ref, entry);
    if (this.#entries.get(keyOf(ref)) === entry) this.#vouching?.heard(entry);
    return answer;
  }

  async #send(ref: AgentRef, entry: BeatEntry, given: Heartbeat): Promise<void> {
    const vouch = this.#vouching?.vouchFor(entry);
    // Noted before it is sent: the workflow may have received a message although its answer was lost.
    if (vouch?.lease !== undefined) entry.heldBy = vouch.lease;
    const { session, ...beat } = given;
    const isNews = entry.beat === given && entry.hasNewSession();
    try {
      // A renewal must not bring back a session that a reply has replaced.
      const told = isNews && session !== undefined ? { ...beat, session } : beat;
      await this.#target.heartbeat(ref, { ...told, ...vouch });
    } catch (error) {
      entry.toldAt = null;
      entry.told(given, false);
      if (isUnknown(error)) this.#forget(entry);
      else this.deaf();
      throw error;
    }
    entry.told(given, true);
    if (isNews) entry.toldSession = session;
    this.#counters.forwarded();
  }

  async #read(ref: AgentRef, entry: BeatEntry): Promise<BeatAnswer> {
    const { changes } = entry;
    entry.reading ??= this.#target
      .describe(ref)
      .then((view) => {
        // A change that was reported since may be later than this view.
        entry.seenChanges = changes;
        return entry.remember(view, this.#now());
      })
      .finally(() => (entry.reading = undefined));
    try {
      return await entry.reading;
    } catch (error) {
      // Without a worker no answer comes, and the last desired state still holds.
      if (entry.answer && !isUnknown(error)) return entry.answer;
      throw error;
    }
  }

  #forget(entry: BeatEntry): void {
    this.#entries.delete(keyOf(entry.ref));
    this.#vouching?.forget(entry);
  }

  #sweep(): void {
    this.#untilSweep -= 1;
    if (this.#untilSweep > 0) return;
    this.#untilSweep = SWEEP_EVERY;
    const now = this.#now();
    for (const entry of this.#entries.values()) if (isOver(entry.seenAt, FORGET_AFTER_MS, now)) this.#forget(entry);
  }
}

function keyOf({ fleet, agent }: AgentRef): string {
  return `${fleet}/${agent}`;
}

/**
 * True once the time has passed. A clock that went back proves nothing, so the time counts as
 * passed: that costs one call.
 */
function isOver(since: number, limitMs: number, now: number): boolean {
  return now < since || now - since >= limitMs;
}

function isUnknown(error: unknown): boolean {
  return error instanceof DroverError && error.code === 'AgentNotFound';
}
