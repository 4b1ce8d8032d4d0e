/**
 * Beats, coalesced (docs/http.md, "Beats"): the last beat of every agent is kept in memory, and
 * only what an agent's workflow needs to hear is forwarded as a signal: the first beat, every
 * change, the return of an offline agent, one renewal per `staleAfter / 3`.
 */
import { type AgentView, type Heartbeat, RENEWALS } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import type { BeatAnswer } from '../../contract/protocol';
import type { AgentRef } from '../../client';
import { monotonicMs } from '../../lib/clock';
import { beatAnswer } from './desired';

/** What the ledger needs of the client. */
export interface BeatTarget {
  heartbeat(ref: AgentRef, beat: Heartbeat): Promise<void>;
  describe(ref: AgentRef): Promise<AgentView>;
}

/** Counters for the metrics. */
export interface BeatCounters {
  received(): void;
  forwarded(): void;
}

/**
 * The state of one agent: a few hundred bytes, so that 100,000 agents stay below 200 MB. Times are
 * by the monotonic clock.
 */
interface Entry {
  beat: Heartbeat;
  seenAt: number;
  /** The session of the last beat, once its workflow has it; undefined: that beat had none. */
  toldSession: string | null | undefined;
  /** When a beat was last sent to the workflow; null: the next beat must be sent. */
  toldAt: number | null;
  /** The workflow's last answer; undefined until it was queried. */
  answer: BeatAnswer | undefined;
  readAt: number;
  staleAfterMs: number;
  offline: boolean;
  /** The open query, which a burst of beats shares. */
  reading: Promise<BeatAnswer> | undefined;
}

/** An agent that is silent for this long is forgotten; its next beat counts as its first. */
const FORGET_AFTER_MS = 60 * 60_000;
/** How many beats pass between two looks for agents to forget. */
const SWEEP_EVERY = 100_000;

/** Every agent's last beat. One instance per gateway. */
export class BeatLedger {
  readonly #entries = new Map<string, Entry>();
  readonly #target: BeatTarget;
  readonly #counters: BeatCounters;
  readonly #now: () => number;
  #untilSweep = SWEEP_EVERY;
  /** Since when every received beat could be sent on. */
  #listeningFrom: number;

  constructor(target: BeatTarget, counters: BeatCounters, now: () => number = monotonicMs) {
    this.#target = target;
    this.#counters = counters;
    this.#now = now;
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
    if (isOutdated(entry.beat, beat)) return entry.answer ?? this.#read(ref, entry);
    const tell = mustTell(entry, beat, now);
    entry.beat = beat;
    entry.seenAt = now;
    if (beat.session === undefined) entry.toldSession = undefined;
    if (tell) return this.#tell(ref, entry, now);
    if (entry.answer && !isOver(entry.readAt, entry.staleAfterMs / RENEWALS, now)) return entry.answer;
    return this.#read(ref, entry);
  }

  /**
   * Takes a newer view of an agent, from a command through this gateway, so that the next beat has
   * it in its answer.
   */
  learn(view: AgentView): void {
    const entry = this.#entries.get(keyOf({ fleet: view.fleet, agent: view.name }));
    if (entry) remember(entry, view, this.#now());
  }

  /**
   * For how many milliseconds beats have been heard and passed on: since the start, or since one
   * could not be.
   */
  listeningMs(): number {
    return Math.max(0, Math.round(this.#now() - this.#listeningFrom));
  }

  /** The number of agents in memory. */
  get size(): number {
    return this.#entries.size;
  }

  async #first(ref: AgentRef, beat: Heartbeat, now: number): Promise<BeatAnswer> {
    const entry: Entry = {
      beat,
      seenAt: now,
      toldSession: undefined,
      toldAt: null,
      answer: undefined,
      readAt: 0,
      // Unknown before the first answer; until then one beat is enough.
      staleAfterMs: Infinity,
      offline: false,
      reading: undefined,
    };
    this.#entries.set(keyOf(ref), entry);
    return this.#tell(ref, entry, now);
  }

  /**
   * Sends a beat to the workflow, then queries it, so that the answer is never older than the beat.
   */
  async #tell(ref: AgentRef, entry: Entry, now: number): Promise<BeatAnswer> {
    entry.toldAt = now;
    const { session, ...beat } = entry.beat;
    const isNews = session !== undefined && session !== entry.toldSession;
    try {
      // A renewal must not bring back a session that a reply has replaced.
      await this.#target.heartbeat(ref, isNews ? { ...beat, session } : beat);
    } catch (error) {
      entry.toldAt = null;
      if (isUnknown(error)) this.#entries.delete(keyOf(ref));
      else this.#listeningFrom = this.#now();
      throw error;
    }
    if (isNews) entry.toldSession = session;
    this.#counters.forwarded();
    return this.#read(ref, entry);
  }

  async #read(ref: AgentRef, entry: Entry): Promise<BeatAnswer> {
    entry.reading ??= this.#target
      .describe(ref)
      .then((view) => remember(entry, view, this.#now()))
      .finally(() => (entry.reading = undefined));
    try {
      return await entry.reading;
    } catch (error) {
      // Without a worker no answer comes, and the last desired state still holds.
      if (entry.answer && !isUnknown(error)) return entry.answer;
      throw error;
    }
  }

  #sweep(): void {
    this.#untilSweep -= 1;
    if (this.#untilSweep > 0) return;
    this.#untilSweep = SWEEP_EVERY;
    const now = this.#now();
    for (const [key, { seenAt }] of this.#entries) if (isOver(seenAt, FORGET_AFTER_MS, now)) this.#entries.delete(key);
  }
}

function keyOf({ fleet, agent }: AgentRef): string {
  return `${fleet}/${agent}`;
}

/**
 * A beat that was overtaken on its way: the workflow would ignore it (docs/lifecycle.md,
 * "Liveness", 7).
 */
function isOutdated(last: Heartbeat, beat: Heartbeat): boolean {
  if (last.instanceId !== beat.instanceId || last.seq === undefined || beat.seq === undefined) return false;
  return beat.seq <= last.seq && beat.seq !== 1;
}

function mustTell(entry: Entry, beat: Heartbeat, now: number): boolean {
  const { status, instanceId, endpoint } = entry.beat;
  const changed = beat.status !== status || beat.instanceId !== instanceId || beat.endpoint !== endpoint;
  const { toldAt, staleAfterMs, toldSession } = entry;
  const hasNews = beat.session !== undefined && beat.session !== toldSession;
  return changed || hasNews || entry.offline || toldAt === null || isOver(toldAt, staleAfterMs / RENEWALS, now);
}

/**
 * True once the time has passed. A clock that went back proves nothing, so the time counts as
 * passed: that costs one call.
 */
function isOver(since: number, limitMs: number, now: number): boolean {
  return now < since || now - since >= limitMs;
}

function remember(entry: Entry, view: AgentView, now: number): BeatAnswer {
  entry.answer = beatAnswer(view);
  entry.readAt = now;
  entry.staleAfterMs = view.beats.staleAfterMs;
  entry.offline = view.liveness === 'offline';
  return entry.answer;
}

function isUnknown(error: unknown): boolean {
  return error instanceof DroverError && error.code === 'AgentNotFound';
}
