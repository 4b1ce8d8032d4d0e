/**
 * An agent's side of its pool (docs/subscriptions.md; decision 10): which failure begins a switch, what the
 * agent requests, and what the pool's answer changes. Times are epoch milliseconds.
 */
import { isTerminated } from '../lifecycle';
import { SUBSCRIPTION_HOLD } from '../../../contract/names';
import type { AllocationGranted, AllocationRequested, FailureObserved } from '../../../contract/pool';
import type { FailureReport, HeldSubscription } from '../../../contract/agent/subscription';
import type { AgentState } from '../state';
import { endSwitch, isCooling, isHeld, movedSwitch, takeCredential } from './switch';
import { decide } from '../commands/commands';
import { type Switch } from './state';
import { beginAsking, nameOf, withSwitch, withSwitches } from './switches';
import { isMove, moveId } from '../../../contract/names';
import { utcText } from '../../lib/time';

/**
 * A workflow that waits for an answer asks again (docs/workflow-rules.md, rule 2); a signal may be
 * lost.
 */
const ASK_AGAIN_MS = 30_000;
/** An exhausted pool grants by itself. This repeat notices a pool that was lost in between. */
const LOOK_AGAIN_MS = 10 * 60_000;

/**
 * The first wait for a lost pool: its fleet starts it again within some hundred milliseconds, later
 * if the worker is busy.
 */
const LOST_ASK_AGAIN_MS = 1_000;
/** Attempts with a lost pool, 15 s in all; turns wait that long. */
const LOST_MOST = 4;

/**
 * The outcome of a report: the new state, the failure to send to the pool, and whether it begins a
 * switch. The request of a switch carries the failure itself, so `observed` is null then.
 */
export interface Reported {
  readonly state: AgentState;
  readonly observed: FailureObserved | null;
  readonly begins: boolean;
}

/**
 * Handles a report of a failure. `source`: a turn that Drover took, or a report of the agent or a
 * service.
 */
export function reportFailure(
  state: AgentState,
  report: FailureReport,
  now: number,
  source: 'turn' | 'report' = 'report',
): Reported {
  const { subscription: spec } = state.config.spec;
  const { kind, resetAt, count } = report;
  if (spec === undefined || kind === 'other') return { state, observed: null, begins: false };
  const observed: FailureObserved = {
    credential: report.subscription,
    kind,
    at: new Date(now).toISOString(),
    ...(resetAt === undefined ? {} : { resetAt }),
    ...(count === undefined ? {} : { count }),
    agent: nameOf(state),
    ...(source === 'report' ? { reported: true } : {}),
  };
  const recorded = { state, observed, begins: false };
  if (spec.autoSwitch === false || isTerminated(state)) return recorded;
  const { switching } = state.switches;
  if (switching !== null) return { ...recorded, state: duringSwitch(state, switching, report, kind) };
  if (!isAbout(report, state.subscription) || isCooling(state, now)) return recorded;
  return { state: beginAsking(state, spec.pool, kind, observed, now), observed: null, begins: true };
}

/**
 * A failure of the new credential while it is being applied begins the next switch after this one.
 */
function duringSwitch(
  state: AgentState,
  switching: Switch,
  report: FailureReport,
  kind: 'rate_limit' | 'auth',
): AgentState {
  return isBeingApplied(state) && isAbout(report, switching.to)
    ? withSwitch(state, { ...switching, again: kind })
    : state;
}

function isBeingApplied({ effect, switches: { switching } }: AgentState): boolean {
  return switching?.step === 'restarting' || effect === 'reload';
}

/** Whether the failed work used this assignment; a report about an earlier one is stale. */
function isAbout({ assignment, subscription }: FailureReport, held: HeldSubscription | null): boolean {
  if (held?.name !== subscription) return false;
  return assignment === undefined || held.assignment === assignment;
}

/** The request to send to the pool now, or null. */
export function dueRequest(
  state: AgentState,
  now: number,
): { readonly pool: string; readonly request: AllocationRequested } | null {
  const { switching, highest } = state.switches;
  if (switching === null || switching.askAt === null || now < switching.askAt) return null;
  if (isTerminated(state)) return null;
  const { requestId, from, pool, failed } = switching;
  const not = from?.pool === pool ? from.name : null;
  const why = failed === null ? {} : { failed };
  return { pool, request: { requestId, agent: nameOf(state), not, above: highest, ...why } };
}

/** Records that the request was sent. */
export function requestSent(state: AgentState, now: number): AgentState {
  const { switching } = state.switches;
  if (switching === null) return state;
  const askAt = now + (switching.step === 'waiting' ? LOOK_AGAIN_MS : ASK_AGAIN_MS);
  return withSwitches(state, { switching: { ...switching, askAt }, knownTo: switching.pool });
}

/**
 * The pool's workflow does not exist. If its fleet knows and starts it again, the agent asks
 * again soon. Otherwise, and after `LOST_MOST` attempts, an agent with a credential keeps it, and
 * one without continues to ask.
 */
export function requestLost(state: AgentState, requestId: string, isFleetTold: boolean, now: number): AgentState {
  const { switching } = state.switches;
  if (switching?.requestId !== requestId) return state;
  const lost = (switching.lost ?? 0) + 1;
  if (isFleetTold && lost <= LOST_MOST) {
    return withSwitch(state, { ...switching, lost, askAt: now + LOST_ASK_AGAIN_MS * 2 ** (lost - 1) });
  }
  if (switching.from === null) return state;
  return endSwitch(state, switching, { result: 'failed', error: `pool ${switching.pool} does not exist`, now });
}

/**
 * Handles the pool's answer. An answer that is not newer than the known assignment changes nothing.
 */
export function takeGrant(state: AgentState, grant: AllocationGranted, now: number): AgentState {
  if (isTerminated(state) || state.config.spec.subscription === undefined) return state;
  if (!('credential' in grant)) return exhausted(state, grant.requestId, grant.exhaustedUntil, now);
  const { switching, highest } = state.switches;
  if (grant.assignment <= highest) return state;
  const known = withSwitches(state, { highest: grant.assignment });
  if (switching !== null && isBeingApplied(state)) return withSwitch(known, { ...switching, newer: grant });
  // The request was given up, and the pool already takes this grant back.
  if (switching === null && !isMove(grant.requestId)) return known;
  return takeCredential(known, switching ?? movedSwitch(known, grant.requestId), grant, now);
}

function exhausted(state: AgentState, requestId: string, until: string | null, now: number): AgentState {
  const { switching } = state.switches;
  const isOwnMove = switching === null && requestId === moveId(nameOf(state), state.subscription?.assignment ?? 0);
  const asking = isOwnMove ? movedSwitch(state, requestId) : switching;
  if (asking?.requestId !== requestId || (asking.step !== 'asking' && asking.step !== 'waiting')) return state;
  const next = withSwitch(state, { ...asking, step: 'waiting', askAt: now + LOOK_AGAIN_MS, lost: 0 });
  if (isHeld(state)) return next;
  const end = until === null ? 'a credential is added' : utcText(until, 'minutes');
  const reason = `pool ${asking.pool} is exhausted until ${end}`;
  return decide(next, { command: 'hold', options: { hold: SUBSCRIPTION_HOLD, reason } }, now).state;
}

/** The pool that must learn that the agent left it; null: none. */
export function poolToLeave(state: AgentState): string | null {
  const { knownTo } = state.switches;
  const isOver = state.destroyed || state.config.spec.subscription?.pool !== knownTo;
  return knownTo !== null && isOver ? knownTo : null;
}

/** Records that the pool knows that the agent left. */
export function leaveSent(state: AgentState): AgentState {
  return withSwitches(state, { knownTo: null });
}
