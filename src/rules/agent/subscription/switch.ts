/** How a switch goes from the pool's answer to the agent that runs on its new credential (docs/subscriptions.md, "From failure to switch"). */
import { isActive, isUp, hasFailed, isStopping, isTerminated, isAtRest, moveStatus } from '../lifecycle';
import { SUBSCRIPTION_HOLD } from '../../../contract/names';
import type { HeldSubscription, SwitchRecord, SwitchResult } from '../../../contract/agent/subscription';
import type { AgentState } from '../state';
import { decide } from '../commands';
import { ms } from '../settings';
import { type Granted, type Switch, type SwitchEnd } from './state';
import { beginAsking, nameOf, newSwitch, withSwitch, withSwitches } from './switches';

/** A credential that could not be applied would most likely not be applied at the next failure, a moment later, either. */
const COOL_DOWN_MS = 60_000;

/** How a switch ended; `kept`: the agent is on the same credential again. `rejected`: the pool takes its grant back. */
interface Ending {
  readonly result: SwitchResult | 'kept';
  readonly now: number;
  readonly error?: string;
  readonly rejected?: boolean;
}

/** Whether the last switch failed so recently that no other is tried. */
export function isCooling({ switches: { failedAt } }: AgentState, now: number): boolean {
  return failedAt !== null && now < failedAt + COOL_DOWN_MS;
}

/** Whether it is held because its pool is used up. */
export function isHeld({ holds }: AgentState): boolean {
  return holds.some(({ name }) => name === SUBSCRIPTION_HOLD);
}

/** A switch that the pool has begun. */
export function movedSwitch(state: AgentState, requestId: string): Switch {
  return newSwitch(state, state.config.spec.subscription?.pool ?? '', 'moved', requestId);
}

/** The pool has given a credential: it is applied as soon as the agent can take it. */
export function takeCredential(state: AgentState, switching: Switch, grant: Granted, now: number): AgentState {
  const { credential: name, assignment, secret, eventsInWindow, requestId } = grant;
  const to: HeldSubscription = { pool: switching.pool, name, assignment, secret };
  const apply = state.config.spec.subscription?.apply ?? 'hot';
  const next: Switch = { ...switching, requestId, to, eventsInWindow, apply, step: 'draining', askAt: null };
  return advance(withSwitch(switching.step === 'waiting' ? released(state, now) : state, next), now);
}

function released(state: AgentState, now: number): AgentState {
  return decide(state, { command: 'release', options: { hold: SUBSCRIPTION_HOLD } }, now).state;
}

/** Whether nothing may be woken yet: the agent is to have a credential, and has none. */
export function lacksSubscription({ config, subscription }: AgentState): boolean {
  return config.spec.subscription !== undefined && subscription === null;
}

/** Whether the new credential is to be given to the running agent now. */
export function isReloadDue(state: AgentState, now: number): boolean {
  const { switching } = state.switches;
  return switching?.step === 'draining' && switching.apply === 'hot' && mayApply(state, switching, now);
}

function mayApply(state: AgentState, { drainUntil }: Switch, now: number): boolean {
  if (state.effect !== null || !runs(state)) return false;
  return state.turns.inFlight.length === 0 || (drainUntil !== null && now >= drainUntil);
}

function runs(state: AgentState): boolean {
  return isActive(state) && isUp(state) && state.restarting === null;
}

/** Takes every step that is due without a message; done after every change, and when the clock says so. */
export function advance(state: AgentState, now: number): AgentState {
  if (isTerminated(state)) return state;
  const pool = state.config.spec.subscription?.pool;
  const { switching } = state.switches;
  if (pool === undefined) return withoutPool(state, now);
  if (switching === null) {
    const isServed = state.subscription?.pool === pool || isCooling(state, now);
    return isServed ? state : beginAsking(state, pool, 'first', null, now);
  }
  // A fleet file names another pool, or somebody has released the hold by hand and knows better.
  if (switching.pool !== pool) return abandoned(state, now);
  if (switching.step === 'waiting' && isReleased(state)) return givenUp(state, switching, now);
  if (switching.step === 'draining') return drain(state, switching, now);
  return switching.step === 'restarting' ? afterRestart(state, switching, now) : state;
}

function withoutPool(state: AgentState, now: number): AgentState {
  if (state.subscription === null && state.switches.switching === null) return state;
  return { ...abandoned(state, now), subscription: null };
}

function abandoned(state: AgentState, now: number): AgentState {
  return withSwitches(isHeld(state) ? released(state, now) : state, { switching: null });
}

/** It goes on with what it has, and the pool must not give it another one later. */
function givenUp(state: AgentState, switching: Switch, now: number): AgentState {
  const { from, kind, pool, requestId } = switching;
  if (from === null) return abandoned(state, now);
  const end: SwitchEnd = {
    what: `switch ${from.name} to another`,
    why: `${kind}: given up, the hold was released by hand`,
    accepted: true,
    record: null,
    rejected: { pool, requestId },
  };
  return withSwitches(state, { switching: null, ended: [...state.switches.ended, end] });
}

function isReleased(state: AgentState): boolean {
  return !isHeld(state);
}

function drain(state: AgentState, switching: Switch, now: number): AgentState {
  if (state.effect !== null) return state;
  if (isAtRest(state)) return endSwitch(state, switching, { result: 'not_running', now });
  if (isSame(switching)) return endSwitch(state, switching, { result: 'kept', now });
  if (!runs(state)) {
    return switching.drainUntil === null ? state : withSwitch(state, { ...switching, drainUntil: null });
  }
  const limitMs = ms(state.config.spec.subscription?.drainTimeout, '10m');
  const draining: Switch = { ...switching, drainUntil: switching.drainUntil ?? now + limitMs };
  const next = draining.drainUntil === switching.drainUntil ? state : withSwitch(state, draining);
  if (draining.apply === 'hot' || !mayApply(state, draining, now)) return next;
  const restarting = withSwitch(next, { ...draining, step: 'restarting' });
  return { ...restarting, subscription: draining.to, restarting: 'stop', restartAt: null, drainUntil: null };
}

function isSame({ from, to }: Switch): boolean {
  return from !== null && from.pool === to?.pool && from.name === to.name && from.secret === to.secret;
}

function afterRestart(state: AgentState, switching: Switch, now: number): AgentState {
  if (state.effect !== null || state.restarting !== null || isStopping(state)) return state;
  if (hasFailed(state)) return backToFormer(state, switching, now);
  return endSwitch(state, switching, { result: isAtRest(state) ? 'not_running' : 'restarted', now });
}

/** It did not start with the new credential: it is started once more with the one before. */
function backToFormer(state: AgentState, switching: Switch, now: number): AgentState {
  const error = state.reason ?? 'it did not start';
  const back = endSwitch(state, switching, { result: 'failed', error, rejected: true, now });
  return { ...back, status: moveStatus(state.status, 'running'), restartAt: now, reason: null };
}

/** The agent has answered, or could not be reached; `error`: the secret could not be resolved, so a restart would not help either. */
export function reloadEnded(
  state: AgentState,
  result: { readonly reloaded: boolean } | { readonly error: string },
  now: number,
): AgentState {
  const { switching } = state.switches;
  const idle: AgentState = { ...state, effect: null };
  if (switching === null) return idle;
  if ('error' in result)
    return endSwitch(idle, switching, { result: 'failed', error: result.error, rejected: true, now });
  if (result.reloaded) return endSwitch(idle, switching, { result: 'hot_reloaded', now });
  return withSwitch(idle, { ...switching, apply: 'restart' });
}

/** Ends the switch: the agent is on the new credential, or on the one before. What came meanwhile begins the next one. */
export function endSwitch(state: AgentState, switching: Switch, ending: Ending): AgentState {
  const { from, to, kind, eventsInWindow, again, newer, requestId } = switching;
  const { result, now, error } = ending;
  const isFailed = result === 'failed';
  const events = `${String(eventsInWindow)} ${eventsInWindow === 1 ? 'event' : 'events'} in the window`;
  const end: SwitchEnd = {
    what: `${from === null ? 'subscription' : `switch ${from.name} to`} ${to?.name ?? 'another'}`,
    why: `${kind}, ${events}: ${result}${error === undefined ? '' : ` (${error})`}`,
    accepted: !isFailed,
    record: recordOf(state, switching, ending),
    rejected: ending.rejected === true ? { pool: switching.pool, requestId } : null,
  };
  const parts = { switching: null, failedAt: isFailed ? now : null, ended: [...state.switches.ended, end] };
  const next: AgentState = { ...withSwitches(state, parts), subscription: isFailed ? from : to };
  if (newer !== null) return takeCredential(next, movedSwitch(next, newer.requestId), newer, now);
  return again === null || isFailed ? next : beginAsking(next, switching.pool, again, null, now);
}

/** A first credential, and the same one again, are no switches. */
function recordOf(state: AgentState, switching: Switch, { result, error }: Ending): SwitchRecord | null {
  const { pool, from, to, kind, eventsInWindow } = switching;
  if (from === null || to === null || kind === 'first' || result === 'kept') return null;
  return {
    agent: nameOf(state),
    pool,
    from: from.name,
    to: to.name,
    kind,
    eventsInWindow,
    result,
    error: error ?? null,
  };
}

/** Everybody has been told how the last switches ended. */
export function endTold(state: AgentState): AgentState {
  return withSwitches(state, { ended: [] });
}

/** When the clock alone may change something; null: never. */
export function subscriptionDue({ switches: { switching, failedAt } }: AgentState): number | null {
  const dues = [switching?.askAt, switching?.drainUntil, failedAt === null ? null : failedAt + COOL_DOWN_MS];
  const known = dues.filter((due) => due !== null && due !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}
