/** Assigns credentials to agents (docs/subscriptions.md). Times are epoch milliseconds. */
import { DroverError } from '../../contract/errors';
import { type EventType, targetsOf, type NotifySpec } from '../../contract/event';
import { LONGEST_RESET_MS } from '../../contract/failure/reset-time';
import type { AllocationRequested, FailureObserved, PoolConfiguration, PoolLeft } from '../../contract/pool';
import { Ledger } from './ledger';
import { coolMs, type Grant, type PoolEvent, type PoolState, skipForMs } from './state';
import { moveId } from '../../contract/names';

/** A failure is forgotten after a day, or after `skipFor` if that is longer. */
const EVENT_AGE_MS = 24 * 3_600_000;
/** Failures kept for one credential; a longer burst changes no decision. */
const EVENTS_PER_CREDENTIAL = 500;

/** The outcome of a rule: the new state, and the grants to send to agents. */
export interface PoolStep {
  readonly state: PoolState;
  readonly grants: readonly Grant[];
}

/** Records a failure. It counts for every agent, not only for the one that reported it. */
export function observeFailure(state: PoolState, observed: FailureObserved, now: number): PoolState {
  if (!state.config.credentials.some(({ name }) => name === observed.credential)) return state;
  const { credential } = observed;
  const count = Math.min(observed.count ?? 1, EVENTS_PER_CREDENTIAL);
  const alike = state.events.filter((old) => old.credential === credential);
  const dropped = new Set(alike.slice(0, Math.max(0, alike.length + count - EVENTS_PER_CREDENTIAL)));
  // The reset times of dropped failures still hold.
  const resets = [...dropped].map(({ resetAt }) => resetAt ?? 0);
  const named = observed.resetAt === undefined ? 0 : Date.parse(observed.resetAt);
  const resetAt = Math.max(0, ...resets, Math.min(named, now + LONGEST_RESET_MS));
  const at = Math.min(Date.parse(observed.at), now);
  const saidBy = observed.reported === true ? { saidBy: observed.agent } : {};
  const told = { credential, at, resetAt: resetAt === 0 ? null : resetAt };
  const event: PoolEvent = { ...told, coolMs: coolMs(state, { ...told, kind: observed.kind }), ...saidBy };
  const keptForMs = Math.max(EVENT_AGE_MS, skipForMs(state));
  const kept = state.events.filter((old) => !dropped.has(old) && isRemembered(old, keptForMs, now));
  return { ...state, events: [...kept, ...Array.from({ length: count }, () => event)] };
}

/**
 * Answers a request: a repeat as before, else with a credential, else until when the pool is
 * exhausted.
 */
export function requestAllocation(state: PoolState, request: AllocationRequested, now: number): PoolStep {
  const before = state.granted.find(({ grant }) => grant.requestId === request.requestId);
  if (before) return { state, grants: [before] };
  const queued = state.waiting.some(({ requestId }) => requestId === request.requestId);
  const { failed, ...asked } = request;
  const ledger = new Ledger(failed === undefined || queued ? state : observeFailure(state, failed, now), now);
  ledger.answer(asked);
  return ledger.close();
}

/** Grants free credentials to the waiting agents, in their order. */
export function serveWaiting(state: PoolState, now: number): PoolStep {
  if (state.waiting.length === 0) return { state, grants: [] };
  const ledger = new Ledger(state, now);
  ledger.serve();
  return ledger.close();
}

/**
 * Takes back the grant of one request, or withdraws a waiting request. The agent could not apply
 * the credential and keeps its previous one. The pool grants it a credential that it rejected only
 * if nothing else is free, because it would most likely fail again.
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

/**
 * Forgets an agent that ended, with its grants: a new agent of this name counts its requests from 1
 * again.
 */
export function forgetAgent(state: PoolState, gone: string): PoolState {
  const { [gone]: _gone, ...assigned } = state.assigned;
  const { [gone]: _failed, ...rejected } = state.rejected ?? {};
  const isOther = ({ agent }: { readonly agent: string }): boolean => agent !== gone;
  const { waiting, granted } = state;
  return { ...state, assigned, rejected, waiting: waiting.filter(isOther), granted: granted.filter(isOther) };
}

/** The credential whose failures are forgotten; absent: all of them. */
export interface PoolReset {
  readonly credential?: string;
}

/**
 * Forgets the failures of one credential, or of all, on an operator's word. Throws `InvalidRequest`
 * for a credential that the pool does not have.
 */
export function resetPool(state: PoolState, { credential }: PoolReset, now: number): PoolStep {
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
 * Replaces the credentials. Waiting agents are served, agents of a removed credential move to
 * another one, and agents of a credential whose secret changed receive it again.
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
    // An agent may be able to apply the new secret.
    rejected: rejectedOf(state, (name) => secrets.get(name) === before.get(name)),
  };
  const ledger = new Ledger(configured, now);
  ledger.serve();
  for (const [agent, { credential, assignment }] of Object.entries(state.assigned)) {
    const isServed = ledger.assigned(agent)?.assignment !== assignment;
    if (isServed || ledger.isWaiting(agent) || secrets.get(credential) === before.get(credential)) continue;
    const request = { requestId: moveId(agent, assignment), agent, not: credential };
    if (secrets.has(credential)) ledger.assign(request, credential);
    else ledger.answer(request);
  }
  return ledger.close();
}

/** Removes a fleet that no longer uses the pool. */
export function leavePool(state: PoolState, { fleet }: PoolLeft): PoolState {
  if (state.fleets[fleet] === undefined) return state;
  const { [fleet]: _left, ...fleets } = state.fleets;
  return { ...state, fleets, isLeft: Object.keys(fleets).length === 0 };
}

/** Whether to notify people that the pool is exhausted: once, until no agent waits. */
export function announceExhaustion(state: PoolState): { readonly state: PoolState; readonly due: boolean } {
  const isUsedUp = state.waiting.length > 0;
  if (isUsedUp === state.announced) return { state, due: false };
  return { state: { ...state, announced: isUsedUp }, due: isUsedUp };
}

/** The webhooks of all fleets that take this type of event, each once. */
export function notifiedBy(state: PoolState, type: EventType = 'pool.exhausted'): readonly NotifySpec[] {
  const interested = targetsOf(Object.values(state.fleets).flat(), type);
  return [...new Map(interested.map((target) => [`${target.url} ${target.secret ?? ''}`, target])).values()];
}

/** The rejections of the credentials that `isKept` selects. */
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

function isRemembered(event: PoolEvent, keptForMs: number, now: number): boolean {
  return now - event.at < keptForMs || (event.resetAt ?? 0) > now;
}
