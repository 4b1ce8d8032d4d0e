/**
 * Carries a switch from the pool's grant to an agent that runs on the new credential
 * (docs/subscriptions.md).
 */
import { isActive, isUp, hasFailed, isStopping, isTerminated, isAtRest, moveStatus } from '../lifecycle';
import { SUBSCRIPTION_HOLD } from '../../../contract/names';
import type { HeldSubscription, SwitchRecord, SwitchResult } from '../../../contract/agent/subscription';
import { append } from '../../lib/log/log';
import type { AgentState } from '../state';
import { decide } from '../commands/commands';
import { ms } from '../spec/settings';
import { type Granted, type Switch, type SwitchEnd } from './state';
import { beginAsking, nameOf, newSwitch, withSwitch, withSwitches } from './switches';

/**
 * After a failed switch, failures begin no other one for this long, because it would most likely
 * fail too.
 */
const COOL_DOWN_MS = 60_000;

/**
 * How a switch ended. `kept`: the agent received the credential that it has. `rejected`: the pool
 * takes its grant back.
 */
interface Ending {
  readonly result: SwitchResult | 'kept';
  readonly now: number;
  readonly error?: string;
  readonly rejected?: boolean;
}

/** Whether the last switch failed so recently that no other one begins. */
export function isCooling({ switches: { failedAt } }: AgentState, now: number): boolean {
  return failedAt !== null && now < failedAt + COOL_DOWN_MS;
}

/** Whether the agent is held because its pool is exhausted. */
export function isHeld({ holds }: AgentState): boolean {
  return holds.some(({ name }) => name === SUBSCRIPTION_HOLD);
}

/** A switch that the pool began. */
export function movedSwitch(state: AgentState, requestId: string): Switch {
  return newSwitch(state, state.config.spec.subscription?.pool ?? '', 'moved', requestId);
}

/** Takes a granted credential and applies it as soon as the agent is ready for it. */
export function takeCredential(state: AgentState, switching: Switch, grant: Granted, now: number): AgentState {
  const { credential: name, assignment, secret, eventsInWindow, requestId } = grant;
  const to: HeldSubscription = { pool: switching.pool, name, assignment, secret };
  const apply = state.config.spec.subscription?.apply ?? 'hot';
  const next: Switch = { ...switching, requestId, to, eventsInWindow, apply, step: 'draining', askAt: null };
  return advance(withSwitch(switching.step === 'waiting' ? releaseHold(state, now) : state, next), now);
}

function releaseHold(state: AgentState, now: number): AgentState {
  return decide(state, { command: 'release', options: { hold: SUBSCRIPTION_HOLD } }, now).state;
}

/** Whether the agent must not be woken yet, because it has no credential of its pool. */
export function lacksSubscription({ config, subscription }: AgentState): boolean {
  return config.spec.subscription !== undefined && subscription === null;
}

/** Whether to hand the running agent its new credential now. */
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

/** Takes the steps that need no message; called after every change and at every timer. */
export function advance(state: AgentState, now: number): AgentState {
  if (isTerminated(state)) return state;
  const pool = state.config.spec.subscription?.pool;
  const { switching } = state.switches;
  if (pool === undefined) return withoutPool(state, now);
  if (switching === null) {
    const isServed = state.subscription?.pool === pool || isCooling(state, now);
    return isServed ? state : beginAsking(state, pool, 'first', null, now);
  }
  // The fleet file may name another pool, and an operator may have released the hold by hand.
  if (switching.pool !== pool) return abandonSwitch(state, now);
  if (switching.step === 'waiting' && isReleased(state)) return giveUpSwitch(state, switching, now);
  if (switching.step === 'draining') return drain(state, switching, now);
  return switching.step === 'restarting' ? afterRestart(state, switching, now) : state;
}

function withoutPool(state: AgentState, now: number): AgentState {
  if (state.subscription === null && state.switches.switching === null) return state;
  return { ...abandonSwitch(state, now), subscription: null };
}

function abandonSwitch(state: AgentState, now: number): AgentState {
  return withSwitches(isHeld(state) ? releaseHold(state, now) : state, { switching: null });
}

/** The agent keeps its credential, and the pool must not grant it another one later. */
function giveUpSwitch(state: AgentState, switching: Switch, now: number): AgentState {
  const { from, kind, pool, requestId } = switching;
  if (from === null) return abandonSwitch(state, now);
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
  if (hasFailed(state)) return restorePrevious(state, switching, now);
  return endSwitch(state, switching, { result: isAtRest(state) ? 'not_running' : 'restarted', now });
}

/** The agent did not start with the new credential, so it starts again with its previous one. */
function restorePrevious(state: AgentState, switching: Switch, now: number): AgentState {
  const error = state.reason ?? 'it did not start';
  const back = endSwitch(state, switching, { result: 'failed', error, rejected: true, now });
  return { ...back, status: moveStatus(state.status, 'running'), restartAt: now, reason: null };
}

/**
 * The state after a reload. An agent that did not take the credential is restarted with it; `error`
 * means that the secret could not be resolved, so that a restart would not help.
 */
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

/**
 * Ends the switch with the new credential or, if it failed, with the previous one. A newer grant or
 * failure begins the next switch.
 */
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

/** The record of the switch; null for a first credential and for one that did not change. */
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

/** Records a finished switch in the log. */
export function recordSwitch(state: AgentState, record: SwitchRecord, now: number): AgentState {
  return { ...state, log: append(state.log, { type: 'subscription.switched', data: record }, now) };
}

/** Records that the ended switches are announced. */
export function markSwitchesAnnounced(state: AgentState): AgentState {
  return withSwitches(state, { ended: [] });
}

/** When time alone may change something; null: never. */
export function subscriptionDue({ switches: { switching, failedAt } }: AgentState): number | null {
  const dues = [switching?.askAt, switching?.drainUntil, failedAt === null ? null : failedAt + COOL_DOWN_MS];
  const known = dues.filter((due) => due !== null && due !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}
