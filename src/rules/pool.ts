/** Which credential whom: the pool's decisions (subscriptions.md, steps 2, 5 and 6). Times are epoch milliseconds. */
import type {
  AllocationGranted,
  AllocationRequested,
  FailureObserved,
  PoolConfiguration,
  PoolView,
} from '../contract/pool';
import { durationMs } from './duration';

/** Events age out after this (subscriptions.md, step 6). */
const EVENT_AGE_MS = 24 * 3_600_000;
/** subscriptions.md: how long a credential that failed is left alone. */
const SKIP_FOR_MS = 2 * 3_600_000;
/** Grants that are remembered for a repeat of their request; each agent has at most one open. */
const REMEMBERED_GRANTS = 2_000;
/** Events kept of one credential: a longer burst says nothing more. */
const EVENTS_PER_CREDENTIAL = 500;

/** A recorded failure. */
export interface PoolEvent {
  readonly credential: string;
  readonly at: number;
  readonly resetAt: number | null;
}

/** What an agent has, and what it had before, should it reject the present one. */
export interface Assignment {
  readonly credential: string;
  readonly assignment: number;
  readonly requestId: string;
  readonly previous: { readonly credential: string; readonly assignment: number } | null;
}

export interface PoolState {
  readonly v: 1;
  readonly pool: string;
  readonly config: PoolConfiguration;
  readonly assigned: Readonly<Record<string, Assignment>>;
  /** Agents that found the pool exhausted, in order; they are granted as soon as something is free. */
  readonly waiting: readonly AllocationRequested[];
  readonly lastAssignment: number;
  readonly events: readonly PoolEvent[];
  readonly granted: readonly { readonly requestId: string; readonly grant: AllocationGranted }[];
  readonly continueAfterEvents: number | null;
}

/** An answer and whom it goes to. */
export interface Grant {
  readonly agent: string;
  readonly grant: AllocationGranted;
}

/** What a message does to the pool, and what the pool says to agents because of it. */
export interface PoolStep {
  readonly state: PoolState;
  readonly grants: readonly Grant[];
}

/** Until when a credential is left alone; null: it is free now. */
export function skippedUntil(state: PoolState, credential: string, now: number): number | null {
  const skipForMs = skipFor(state);
  let until = 0;
  for (const event of state.events) {
    if (event.credential === credential) until = Math.max(until, event.at + skipForMs, event.resetAt ?? 0);
  }
  return until > now ? until : null;
}

/** When the first credential of a pool that is used up comes back; null: one is free, or there is none at all. */
function exhaustedUntil(state: PoolState, now: number): number | null {
  const isFree = state.config.credentials.some(({ name }) => skippedUntil(state, name, now) === null);
  return isFree ? null : nextReset(state, now);
}

/** Records a failure. It counts for every agent, whoever reported it. */
export function observeFailure(state: PoolState, observed: FailureObserved, now: number): PoolState {
  const event: PoolEvent = {
    credential: observed.credential,
    at: Math.min(Date.parse(observed.at), now),
    resetAt: observed.resetAt === undefined ? null : Date.parse(observed.resetAt),
  };
  const alike = state.events.filter(({ credential }) => credential === event.credential);
  const dropped = alike.length >= EVENTS_PER_CREDENTIAL ? alike[0] : undefined;
  const kept = state.events.filter((old) => old !== dropped && isRemembered(old, now));
  return { ...state, events: [...kept, event] };
}

/** Answers a request: again what it answered before, else a credential, else until when there is none. */
export function requestAllocation(state: PoolState, request: AllocationRequested, now: number): PoolStep {
  const before = state.granted.find(({ requestId }) => requestId === request.requestId);
  if (before) return { state, grants: [{ agent: request.agent, grant: before.grant }] };
  const queued = state.waiting.some(({ requestId }) => requestId === request.requestId);
  const chosen = choose(state, request, now, queued);
  if (chosen !== null) return assign(state, request, chosen);
  const exhausted: Grant = {
    agent: request.agent,
    grant: { requestId: request.requestId, exhaustedUntil: iso(nextReset(state, now)) },
  };
  const waiting = [...state.waiting.filter(({ agent }) => agent !== request.agent), request];
  return { state: { ...state, waiting }, grants: [exhausted] };
}

/** Gives what has become free to those that wait, in their order. */
export function serveWaiting(state: PoolState, now: number): PoolStep {
  let step: PoolStep = { state, grants: [] };
  for (const request of state.waiting) {
    const chosen = choose(step.state, request, now, true);
    if (chosen === null) continue;
    const next = assign(step.state, request, chosen);
    step = { state: next.state, grants: [...step.grants, ...next.grants] };
  }
  return step;
}

/** When `serveWaiting` is worth another look; null: nobody waits, or nothing will come back by itself. */
export function nextServing(state: PoolState, now: number): number | null {
  return state.waiting.length === 0 ? null : nextReset(state, now);
}

/** Takes back the grant of one request: the agent could not apply it and is on the one before. */
export function rejectAllocation(state: PoolState, requestId: string): PoolState {
  const found = Object.entries(state.assigned).find(([, assigned]) => assigned.requestId === requestId);
  if (!found) return state;
  const [agent, { previous }] = found;
  const { [agent]: _rejected, ...others } = state.assigned;
  // Under another id, so that a second copy of the rejection finds nothing to take back.
  const restored = `restored.${requestId}`;
  const assigned =
    previous === null ? others : { ...others, [agent]: { ...previous, requestId: restored, previous: null } };
  return { ...state, assigned };
}

/** Forgets an agent that ended. */
export function forgetAgent(state: PoolState, agent: string): PoolState {
  const { [agent]: _gone, ...assigned } = state.assigned;
  return { ...state, assigned, waiting: state.waiting.filter((request) => request.agent !== agent) };
}

/** Forgets what was recorded about one credential, or about all: an operator knows better. */
export function resetPool(state: PoolState, credential: string | null, now: number): PoolStep {
  const events = state.events.filter((event) => credential !== null && event.credential !== credential);
  return serveWaiting({ ...state, events }, now);
}

/** Takes new credentials; agents on one that is gone are moved, agents that wait are served. */
export function configurePool(state: PoolState, config: PoolConfiguration, now: number): PoolStep {
  const names = new Set(config.credentials.map(({ name }) => name));
  let step = serveWaiting(
    { ...state, config, events: state.events.filter(({ credential }) => names.has(credential)) },
    now,
  );
  for (const [agent, assigned] of Object.entries(step.state.assigned)) {
    if (names.has(assigned.credential)) continue;
    const request = { requestId: `moved.${agent}.${String(assigned.assignment)}`, agent, not: assigned.credential };
    const next = requestAllocation(step.state, request, now);
    step = { state: next.state, grants: [...step.grants, ...next.grants] };
  }
  return step;
}

/** The pool as people see it. */
export function poolView(state: PoolState, now: number): PoolView {
  const windowStart = now - skipFor(state);
  const until = exhaustedUntil(state, now);
  return {
    pool: state.pool,
    credentials: state.config.credentials.map(({ name }) => ({
      name,
      agents: Object.keys(state.assigned).filter((agent) => state.assigned[agent]?.credential === name),
      failuresInWindow: state.events.filter((event) => event.credential === name && event.at > windowStart).length,
      skippedUntil: iso(skippedUntil(state, name, now)),
    })),
    exhaustedUntil: iso(until),
  };
}

/** A pool that has just been made. */
export function newPool(pool: string, config: PoolConfiguration, continueAfterEvents: number | null): PoolState {
  return {
    v: 1,
    pool,
    config,
    assigned: {},
    waiting: [],
    lastAssignment: 0,
    events: [],
    granted: [],
    continueAfterEvents,
  };
}

/** The next credential: not the one to leave, none that is skipped; fewest agents first, then by name. */
function choose(state: PoolState, request: AllocationRequested, now: number, hasWaited: boolean): string | null {
  const load = new Map<string, number>();
  for (const [agent, { credential }] of Object.entries(state.assigned)) {
    if (agent !== request.agent) load.set(credential, (load.get(credential) ?? 0) + 1);
  }
  const free = state.config.credentials
    .map(({ name }) => name)
    // Whoever has waited for a reset may well come back to the credential that it left.
    .filter((name) => (hasWaited || name !== request.not) && skippedUntil(state, name, now) === null)
    .sort((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0) || (a < b ? -1 : 1));
  return free[0] ?? null;
}

/** The next moment at which any credential comes back by itself. */
function nextReset(state: PoolState, now: number): number | null {
  const ends = state.config.credentials.map(({ name }) => skippedUntil(state, name, now)).filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}

function assign(state: PoolState, request: AllocationRequested, credential: string): PoolStep {
  const assignment = state.lastAssignment + 1;
  const before = state.assigned[request.agent];
  const previous = before === undefined ? null : { credential: before.credential, assignment: before.assignment };
  const grant: AllocationGranted = { requestId: request.requestId, credential, assignment };
  return {
    state: {
      ...state,
      lastAssignment: assignment,
      assigned: {
        ...state.assigned,
        [request.agent]: { credential, assignment, requestId: request.requestId, previous },
      },
      waiting: state.waiting.filter(({ agent }) => agent !== request.agent),
      granted: [...state.granted, { requestId: request.requestId, grant }].slice(-REMEMBERED_GRANTS),
    },
    grants: [{ agent: request.agent, grant }],
  };
}

function isRemembered(event: PoolEvent, now: number): boolean {
  return now - event.at < EVENT_AGE_MS || (event.resetAt ?? 0) > now;
}

function skipFor(state: PoolState): number {
  return durationMs(state.config.skipFor ?? '') ?? SKIP_FOR_MS;
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
