/** Which credential whom: the pool's decisions (subscriptions.md, steps 2, 5 and 6). Times are epoch milliseconds. */
import { DroverError } from '../contract/errors';
import { targetsOf } from '../contract/events';
import type { NotifySpec } from '../contract/fleet';
import type {
  AllocationGranted,
  AllocationRequested,
  FailureObserved,
  PoolConfiguration,
  PoolLeft,
} from '../contract/pool';
import {
  failuresInWindow,
  type Grant,
  iso,
  nextReset,
  type PoolEvent,
  type PoolState,
  skipForMs,
  skippedUntil,
} from './pool-state';
import { moveId } from './subscription-state';

/** Events age out after this (subscriptions.md, step 6), unless the file says that they count for longer. */
const EVENT_AGE_MS = 24 * 3_600_000;
/** Grants that are remembered for a repeat of their request; each agent has at most one open. */
const REMEMBERED_GRANTS = 2_000;
/** Events kept of one credential: a longer burst says nothing more. */
const EVENTS_PER_CREDENTIAL = 500;

/** What a message does to the pool, and what the pool says to agents because of it. */
export interface PoolStep {
  readonly state: PoolState;
  readonly grants: readonly Grant[];
}

/** Records a failure. It counts for every agent, whoever reported it. */
export function observeFailure(state: PoolState, observed: FailureObserved, now: number): PoolState {
  if (!state.config.credentials.some(({ name }) => name === observed.credential)) return state;
  const { credential } = observed;
  const count = Math.min(observed.count ?? 1, EVENTS_PER_CREDENTIAL);
  const alike = state.events.filter((old) => old.credential === credential);
  const dropped = new Set(alike.slice(0, Math.max(0, alike.length + count - EVENTS_PER_CREDENTIAL)));
  // What a dropped one said of the reset is still true.
  const resets = [...dropped].map(({ resetAt }) => resetAt ?? 0);
  const resetAt = Math.max(0, ...resets, observed.resetAt === undefined ? 0 : Date.parse(observed.resetAt));
  const at = Math.min(Date.parse(observed.at), now);
  const event: PoolEvent = { credential, at, resetAt: resetAt === 0 ? null : resetAt };
  const keptForMs = Math.max(EVENT_AGE_MS, skipForMs(state));
  const kept = state.events.filter((old) => !dropped.has(old) && isRemembered(old, keptForMs, now));
  return { ...state, events: [...kept, ...Array.from({ length: count }, () => event)] };
}

/** Answers a request: again what it answered before, else a credential, else until when there is none. */
export function requestAllocation(state: PoolState, request: AllocationRequested, now: number): PoolStep {
  const before = state.granted.find(({ grant }) => grant.requestId === request.requestId);
  if (before) return { state, grants: [before] };
  const queued = state.waiting.some(({ requestId }) => requestId === request.requestId);
  const { failed, ...asked } = request;
  return answer(failed === undefined || queued ? state : observeFailure(state, failed, now), asked, queued, now);
}

function answer(state: PoolState, request: AllocationRequested, queued: boolean, now: number): PoolStep {
  const chosen = choose(state, request, now, queued);
  if (chosen !== null) return assign(state, request, chosen, now);
  const exhausted: Grant = {
    agent: request.agent,
    grant: { requestId: request.requestId, exhaustedUntil: iso(nextReset(state, now)) },
  };
  const waiting = queued ? state.waiting : [...state.waiting.filter(({ agent }) => agent !== request.agent), request];
  return { state: { ...state, waiting }, grants: [exhausted] };
}

/** Gives what has become free to those that wait, in their order. */
export function serveWaiting(state: PoolState, now: number): PoolStep {
  let step: PoolStep = { state, grants: [] };
  for (const request of state.waiting) {
    const chosen = choose(step.state, request, now, true);
    if (chosen !== null) step = after(step, assign(step.state, request, chosen, now));
  }
  return step;
}

/**
 * Takes back the grant of one request: the agent could not apply it and is on the one before, or goes on without an answer. What it could not
 * apply it would most likely not apply the next time either, while there may be others that it can.
 */
export function rejectAllocation(state: PoolState, requestId: string, now: number): PoolState {
  const withdrawn = state.waiting.filter((waiting) => waiting.requestId !== requestId);
  if (withdrawn.length < state.waiting.length) return { ...state, waiting: withdrawn };
  const found = Object.entries(state.assigned).find(([, assigned]) => assigned.requestId === requestId);
  if (!found) return state;
  const [agent, { credential, previous }] = found;
  const { [agent]: _rejected, ...others } = state.assigned;
  // Under another id, so that a second copy of the rejection finds nothing to take back.
  const restored = `restored.${requestId}`;
  const assigned =
    previous === null ? others : { ...others, [agent]: { ...previous, requestId: restored, previous: null } };
  const rejected = { ...state.rejected, [agent]: { ...state.rejected?.[agent], [credential]: now } };
  return { ...state, assigned, rejected };
}

/** Forgets an agent that ended, and what it was told: another life of it may count its requests anew. */
export function forgetAgent(state: PoolState, gone: string): PoolState {
  const { [gone]: _gone, ...assigned } = state.assigned;
  const { [gone]: _failed, ...rejected } = state.rejected ?? {};
  const isOther = ({ agent }: { readonly agent: string }): boolean => agent !== gone;
  const { waiting, granted } = state;
  return { ...state, assigned, rejected, waiting: waiting.filter(isOther), granted: granted.filter(isOther) };
}

/** Forgets what was recorded about one credential, or about all: an operator knows better. Throws `InvalidRequest` for one that it does not have. */
export function resetPool(state: PoolState, { credential }: { readonly credential?: string }, now: number): PoolStep {
  const names = state.config.credentials.map(({ name }) => name);
  if (credential !== undefined && !names.includes(credential)) {
    throw new DroverError(
      'InvalidRequest',
      `pool ${state.pool} has no credential ${credential}; it has ${names.join(', ')}`,
    );
  }
  const isKept = (name: string): boolean => credential !== undefined && name !== credential;
  const events = state.events.filter((event) => isKept(event.credential));
  return serveWaiting({ ...state, events, rejected: rejectedOf(state, isKept) }, now);
}

/**
 * Takes new credentials: agents that wait are served, agents on one that is gone are moved, and agents on one whose secret is another now
 * get it anew.
 */
export function configurePool(
  state: PoolState,
  given: PoolConfiguration & { readonly requestId?: string },
  now: number,
): PoolStep {
  const { fleet, notify = [], requestId: _requestId, ...config } = given;
  const secrets = new Map(config.credentials.map(({ name, secret }) => [name, secret]));
  const before = new Map(state.config.credentials.map(({ name, secret }) => [name, secret]));
  const configured: PoolState = {
    ...state,
    config,
    ...(fleet === undefined ? {} : { fleets: { ...state.fleets, [fleet]: notify }, isLeft: false }),
    events: state.events.filter(({ credential }) => secrets.has(credential)),
    // Another secret may well be one that can be applied.
    rejected: rejectedOf(state, (name) => secrets.get(name) === before.get(name)),
  };
  let step = serveWaiting(configured, now);
  for (const [agent, { credential, assignment }] of Object.entries(state.assigned)) {
    const isServed = step.state.assigned[agent]?.assignment !== assignment;
    const isWaiting = step.state.waiting.some((request) => request.agent === agent);
    if (isServed || isWaiting || secrets.get(credential) === before.get(credential)) continue;
    const request = { requestId: moveId(agent, assignment), agent, not: credential };
    const moved = secrets.has(credential)
      ? assign(step.state, request, credential, now)
      : requestAllocation(step.state, request, now);
    step = after(step, moved);
  }
  return step;
}

/** A fleet uses the pool no more. */
export function leavePool(state: PoolState, { fleet }: PoolLeft): PoolState {
  if (state.fleets[fleet] === undefined) return state;
  const { [fleet]: _left, ...fleets } = state.fleets;
  return { ...state, fleets, isLeft: Object.keys(fleets).length === 0 };
}

/** Whether people have to be told that the pool is used up, once for as long as somebody waits. */
export function announceExhaustion(state: PoolState): { readonly state: PoolState; readonly due: boolean } {
  const isUsedUp = state.waiting.length > 0;
  if (isUsedUp === state.announced) return { state, due: false };
  return { state: { ...state, announced: isUsedUp }, due: isUsedUp };
}

/** Everybody's webhooks that want to hear of an exhausted pool, each once. */
export function notifiedBy(state: PoolState): readonly NotifySpec[] {
  const interested = targetsOf(Object.values(state.fleets).flat(), 'pool.exhausted');
  return [...new Map(interested.map((target) => [`${target.url} ${target.secret ?? ''}`, target])).values()];
}

/** The next credential: not the one to leave, none that is skipped; what the agent could not apply last, then fewest agents first, then by name. */
function choose(state: PoolState, request: AllocationRequested, now: number, hasWaited: boolean): string | null {
  const load = new Map<string, number>();
  for (const [agent, { credential }] of Object.entries(state.assigned)) {
    if (agent !== request.agent) load.set(credential, (load.get(credential) ?? 0) + 1);
  }
  const failed = state.rejected?.[request.agent] ?? {};
  const hasFailed = (name: string): number => (now - (failed[name] ?? -Infinity) < skipForMs(state) ? 1 : 0);
  const free = state.config.credentials
    .map(({ name }) => name)
    // Whoever has waited for a reset may well come back to the credential that it left.
    .filter((name) => (hasWaited || name !== request.not) && skippedUntil(state, name, now) === null)
    .sort((a, b) => hasFailed(a) - hasFailed(b) || (load.get(a) ?? 0) - (load.get(b) ?? 0) || (a < b ? -1 : 1));
  return free[0] ?? null;
}

function assign(state: PoolState, request: AllocationRequested, credential: string, now: number): PoolStep {
  const { requestId, agent, not, above = 0 } = request;
  const assignment = Math.max(state.lastAssignment, above) + 1;
  const before = state.assigned[agent];
  const previous = before === undefined ? null : { credential: before.credential, assignment: before.assignment };
  const secret = state.config.credentials.find(({ name }) => name === credential)?.secret ?? '';
  const eventsInWindow = not === null ? 0 : failuresInWindow(state, not, now);
  const grant: AllocationGranted = { requestId, credential, assignment, secret, eventsInWindow };
  return {
    state: {
      ...state,
      lastAssignment: assignment,
      assigned: { ...state.assigned, [agent]: { credential, assignment, requestId, previous } },
      waiting: state.waiting.filter((waiting) => waiting.agent !== agent),
      granted: [...state.granted, { agent, grant }].slice(-REMEMBERED_GRANTS),
    },
    grants: [{ agent, grant }],
  };
}

/** What agents could not apply, of some credentials. */
function rejectedOf(
  { rejected = {} }: PoolState,
  isKept: (credential: string) => boolean,
): NonNullable<PoolState['rejected']> {
  return Object.fromEntries(
    Object.entries(rejected).map(([agent, of]) => [
      agent,
      Object.fromEntries(Object.entries(of).filter(([credential]) => isKept(credential))),
    ]),
  );
}

function after(before: PoolStep, next: PoolStep): PoolStep {
  return { state: next.state, grants: [...before.grants, ...next.grants] };
}

function isRemembered(event: PoolEvent, keptForMs: number, now: number): boolean {
  return now - event.at < keptForMs || (event.resetAt ?? 0) > now;
}
