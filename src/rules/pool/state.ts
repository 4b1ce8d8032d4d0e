/** What a pool's workflow knows, as one plain JSON object, and what can be read from it. Times are epoch milliseconds. */
import type { NotifySpec } from '../../contract/event';
import type { AllocationGranted, AllocationRequested, PoolConfiguration, PoolView } from '../../contract/pool';
import { durationMs } from '../lib/duration';
import type { RequestMark } from '../lib/fingerprint';

/** subscriptions.md: how long a credential that failed is left alone. */
const SKIP_FOR_MS = 2 * 3_600_000;

/** A recorded failure. */
export interface PoolEvent {
  readonly credential: string;
  readonly at: number;
  readonly resetAt: number | null;
  /** The agent on whose word alone it rests; absent: a turn that Drover took has shown it. */
  readonly saidBy?: string;
}

/** What an agent has, and what it had before, should it reject the present one. */
export interface Assignment {
  readonly credential: string;
  readonly assignment: number;
  readonly requestId: string;
  readonly previous: { readonly credential: string; readonly assignment: number } | null;
}

/** An answer and whom it goes to. */
export interface Grant {
  readonly agent: string;
  readonly grant: AllocationGranted;
}

export interface PoolState {
  readonly v: 1;
  readonly pool: string;
  readonly config: Pick<PoolConfiguration, 'credentials' | 'skipFor'>;
  /** The fleets whose files describe it, each with its webhooks. */
  readonly fleets: Readonly<Record<string, readonly NotifySpec[]>>;
  /** The last of its fleets has left: it ends once nothing that it remembers matters any more. */
  readonly isLeft: boolean;
  readonly assigned: Readonly<Record<string, Assignment>>;
  /** By agent, what it could not apply and when: it gets that only where there is nothing else. */
  readonly rejected?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Agents that found the pool exhausted, in order; they are granted as soon as something is free. */
  readonly waiting: readonly AllocationRequested[];
  /** People have been told that it is used up; false again when nobody waits. */
  readonly announced: boolean;
  readonly lastAssignment: number;
  readonly events: readonly PoolEvent[];
  /** Answers, for a repeat of their request. */
  readonly granted: readonly Grant[];
  /** Updates that were accepted, for a repeat of their request ids. */
  readonly requests: readonly RequestMark[];
  readonly continueAfterEvents: number | null;
}

/** A pool that has just been made. */
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
    continueAfterEvents,
  };
}

/** Until when a credential is left alone; null: it is free now. */
export function skippedUntil(state: PoolState, credential: string, now: number): number | null {
  const windowMs = skipForMs(state);
  let until = 0;
  for (const event of state.events) {
    if (event.credential === credential) until = Math.max(until, event.at + windowMs, event.resetAt ?? 0);
  }
  return until > now ? until : null;
}

/** The agent on whose word alone all of several credentials are left alone; null: there is other proof, or a single credential. */
export function emptiedByWordOf(state: PoolState, now: number): string | null {
  if (state.config.credentials.length < 2) return null;
  const windowMs = skipForMs(state);
  const counts = (event: PoolEvent): boolean => Math.max(event.at + windowMs, event.resetAt ?? 0) > now;
  const [first, ...others] = new Set(state.events.filter(counts).map(({ saidBy }) => saidBy));
  return others.length === 0 ? (first ?? null) : null;
}

/** The next moment at which any credential comes back by itself; null: none is left alone. */
export function nextReset(state: PoolState, now: number): number | null {
  const ends = state.config.credentials.map(({ name }) => skippedUntil(state, name, now)).filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** When the first credential of a pool that is used up comes back; null: one is free, or there is none at all. */
function exhaustedUntil(state: PoolState, now: number): number | null {
  const isFree = state.config.credentials.some(({ name }) => skippedUntil(state, name, now) === null);
  return isFree ? null : nextReset(state, now);
}

/** Failures of a credential that still count against it. */
export function failuresInWindow(state: PoolState, credential: string, now: number): number {
  const windowStart = now - skipForMs(state);
  return state.events.filter((event) => event.credential === credential && event.at > windowStart).length;
}

/** The pool as people see it. */
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
 * When the pool may end: its fleets have left, nobody has anything of it, and no credential is left alone any more, which a fleet that is
 * applied again soon has to know. Null: not yet, and not by the clock alone.
 */
export function endsAt(state: PoolState, now: number): number | null {
  if (!state.isLeft || Object.keys(state.assigned).length > 0 || state.waiting.length > 0) return null;
  const ends = state.config.credentials.map(({ name }) => skippedUntil(state, name, now) ?? now);
  return Math.max(now, ...ends);
}

/** How long a credential that failed is left alone. */
export function skipForMs(state: PoolState): number {
  return durationMs(state.config.skipFor ?? '') ?? SKIP_FOR_MS;
}

/** A time for people and programs. */
export function iso(at: number): string;
export function iso(at: number | null): string | null;
export function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
