/**
 * The state of a pool's workflow as one plain JSON object, and queries on it. Times are epoch
 * milliseconds.
 */
import type { NotifySpec } from '../../contract/event';
import type { EventLog } from '../../contract/event/log';
import type { AllocationGranted, AllocationRequested, PoolConfiguration, PoolView } from '../../contract/pool';
import { durationMs } from '../lib/duration';
import type { RequestMark } from '../lib/fingerprint';
import { UNBEGUN_LOG } from '../lib/log/log';

/** How long the pool skips a credential at most, unless its provider names a later reset (docs/subscriptions.md). */
const SKIP_FOR_MS = 2 * 3_600_000;

/** A recorded failure. */
export interface PoolEvent {
  readonly credential: string;
  readonly at: number;
  readonly resetAt: number | null;
  /**
   * How long the pool skips the credential after it, in milliseconds; null: `skipFor`. A rate limit is
   * over in seconds, unless it repeats.
   */
  readonly coolMs: number | null;
  /**
   * The agent that reported it, if its report is the only proof; absent if a turn of Drover
   * failed.
   */
  readonly saidBy?: string;
}

/** The credential of an agent, and its previous one in case it rejects this one. */
export interface Assignment {
  readonly credential: string;
  readonly assignment: number;
  readonly requestId: string;
  readonly previous: { readonly credential: string; readonly assignment: number } | null;
}

/** An answer, and the agent that receives it. */
export interface Grant {
  readonly agent: string;
  readonly grant: AllocationGranted;
}

/** Everything that a pool's workflow knows; it is the argument of the next run. */
export interface PoolState {
  readonly v: 1;
  readonly pool: string;
  readonly config: Pick<PoolConfiguration, 'credentials' | 'skipFor'>;
  /** The fleets whose files describe this pool, each with its webhooks. */
  readonly fleets: Readonly<Record<string, readonly NotifySpec[]>>;
  /** The last fleet has left; the pool ends once none of its credentials is skipped (`endsAt`). */
  readonly isLeft: boolean;
  readonly assigned: Readonly<Record<string, Assignment>>;
  /** By agent and credential: when the agent last failed to apply it. The pool grants it last. */
  readonly rejected?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /**
   * Requests that found the pool exhausted, in order; the pool grants them when a credential is
   * free.
   */
  readonly waiting: readonly AllocationRequested[];
  /** Whether people were notified that the pool is exhausted; false again when no agent waits. */
  readonly announced: boolean;
  readonly lastAssignment: number;
  readonly events: readonly PoolEvent[];
  /** Grants, kept to answer repeated requests. */
  readonly granted: readonly Grant[];
  /** Accepted updates, kept to recognize repeated request ids. */
  readonly requests: readonly RequestMark[];
  /** When it was exhausted, and when it no longer was. */
  readonly log: EventLog;
  readonly continueAfterEvents: number | null;
}

/** The state of a new pool. */
export function newPool(
  pool: string,
  { fleet, notify = [], ...config }: PoolConfiguration,
  continueAfterEvents: number | null,
): PoolState {
  return {
    v: 1,
    pool,
    config,
    fleets: fleet === undefined ? {} : { [fleet]: notify },
    isLeft: false,
    assigned: {},
    waiting: [],
    announced: false,
    lastAssignment: 0,
    events: [],
    granted: [],
    requests: [],
    log: UNBEGUN_LOG,
    continueAfterEvents,
  };
}

/** Until when the pool skips a credential; null: it is free now. */
export function skippedUntil(state: PoolState, credential: string, now: number): number | null {
  const skipMs = skipForMs(state);
  let until = 0;
  for (const event of state.events) {
    if (event.credential === credential) until = Math.max(until, endOf(event, skipMs));
  }
  return until > now ? until : null;
}

/** When a failure no longer keeps the pool from its credential. */
function endOf({ at, resetAt, coolMs }: PoolEvent, skipMs: number): number {
  return Math.max(at + Math.min(coolMs ?? skipMs, skipMs), resetAt ?? 0);
}

/** The cool-down after a rate limit without a reset time: the first one, then twice the last one. */
const FIRST_COOL_MS = 30_000;
/** A credential that has worked for so long after its last cool-down begins with the first one again. */
const FORGIVEN_AFTER_MS = 10 * 60_000;

/**
 * How long the pool skips a credential after this failure; null: `skipFor`. A refused credential and
 * an empty account stay so for hours. A rate limit with a reset time ends then. Failures within one
 * cool-down are one.
 */
export function coolMs(
  state: PoolState,
  { credential, kind, resetAt, at }: Pick<PoolEvent, 'credential' | 'at' | 'resetAt'> & { readonly kind: string },
): number | null {
  if (kind !== 'rate_limit') return null;
  if (resetAt !== null) return 0;
  const earlier = state.events.filter((event) => event.credential === credential && (event.coolMs ?? 0) > 0);
  const last = earlier.reduce<PoolEvent | null>(
    (latest, event) => (latest && latest.at > event.at ? latest : event),
    null,
  );
  if (last === null) return FIRST_COOL_MS;
  const cooled = Math.min(last.coolMs ?? 0, skipForMs(state));
  const quietMs = at - (last.at + cooled);
  if (quietMs < 0) return cooled;
  return quietMs < Math.max(FORGIVEN_AFTER_MS, cooled) ? Math.min(cooled * 2, skipForMs(state)) : FIRST_COOL_MS;
}

/**
 * The agent with the only reports of failures that count; null: there is other proof, or a single
 * credential.
 */
export function emptiedByWordOf(state: PoolState, now: number): string | null {
  if (state.config.credentials.length < 2) return null;
  const skipMs = skipForMs(state);
  const counts = (event: PoolEvent): boolean => endOf(event, skipMs) > now;
  const [first, ...others] = new Set(state.events.filter(counts).map(({ saidBy }) => saidBy));
  return others.length === 0 ? (first ?? null) : null;
}

/** When the first skipped credential becomes free; null: the pool skips none. */
export function nextReset(state: PoolState, now: number): number | null {
  const ends = state.config.credentials.map(({ name }) => skippedUntil(state, name, now)).filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}

/**
 * When an exhausted pool has a free credential again; null: one is free, or the pool has no
 * credentials.
 */
function exhaustedUntil(state: PoolState, now: number): number | null {
  const isFree = state.config.credentials.some(({ name }) => skippedUntil(state, name, now) === null);
  return isFree ? null : nextReset(state, now);
}

/** The number of failures of a credential within the skip window. */
export function failuresInWindow(state: PoolState, credential: string, now: number): number {
  const windowStart = now - skipForMs(state);
  return state.events.filter((event) => event.credential === credential && event.at > windowStart).length;
}

/** The view of a pool. */
export function poolView(state: PoolState, now: number): PoolView {
  return {
    pool: state.pool,
    credentials: state.config.credentials.map(({ name }) => ({
      name,
      agents: Object.keys(state.assigned).filter((agent) => state.assigned[agent]?.credential === name),
      failuresInWindow: failuresInWindow(state, name, now),
      skippedUntil: iso(skippedUntil(state, name, now)),
    })),
    exhaustedUntil: iso(exhaustedUntil(state, now)),
  };
}

/**
 * When the pool may end: its fleets have left, no agent has or wants a credential, and none is
 * skipped, because a fleet that is applied again must still know the failures. Null: not by time
 * alone.
 */
export function endsAt(state: PoolState, now: number): number | null {
  if (!state.isLeft || Object.keys(state.assigned).length > 0 || state.waiting.length > 0) return null;
  const ends = state.config.credentials.map(({ name }) => skippedUntil(state, name, now) ?? now);
  return Math.max(now, ...ends);
}

/** How long the pool skips a credential that failed, in milliseconds. */
export function skipForMs(state: PoolState): number {
  return durationMs(state.config.skipFor ?? '') ?? SKIP_FOR_MS;
}

/** A time in ISO 8601. */
export function iso(at: number): string;
export function iso(at: number | null): string | null;
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
