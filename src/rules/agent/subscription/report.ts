/**
 * An agent and its pool (docs/subscriptions.md, "From failure to switch"): which failure begins a switch, what the pool is asked, and what its answer does. Times are epoch
 * milliseconds.
 */
import { isTerminated } from '../lifecycle';
import { SUBSCRIPTION_HOLD } from '../../../contract/names';
import type { AllocationGranted, AllocationRequested, FailureObserved } from '../../../contract/pool';
import type { FailureReport, HeldSubscription } from '../../../contract/agent/subscription';
import type { AgentState } from '../state';
import { endSwitch, isCooling, isHeld, movedSwitch, takeCredential } from './switch';
import { decide } from '../commands';
import { type Switch } from './state';
import { beginAsking, isMove, moveId, nameOf, withSwitch, withSwitches } from './switches';
import { utcText } from '../../lib/time';

/** docs/workflow-rules.md, rule 2: who waits for an answer asks again. */
const ASK_AGAIN_MS = 30_000;
/** A pool that is used up grants by itself; this finds out about one that was lost meanwhile. */
const LOOK_AGAIN_MS = 10 * 60_000;

/** A pool that was gone is started again by its fleet within some hundred milliseconds, or by a busy worker a little later. */
const LOST_ASK_AGAIN_MS = 1_000;
/** So often, which is 15 s in all; turns wait as long. */
const LOST_MOST = 4;

/** What a report does: the new state, what the pool is told of by itself, and whether it begins a switch, which tells the pool too. */
export interface Reported {
  readonly state: AgentState;
  readonly observed: FailureObserved | null;
  readonly begins: boolean;
}

/** Takes one report of a failure (steps 1 to 5). `source`: a turn that Drover took, or the word of the agent or a service. */
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

/** Of the new credential, which the agent may have while its workflow has not heard of it yet: the next switch begins with it. */
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

/** The stale guard: whether the failing work was done on this assignment. */
function isAbout({ assignment, subscription }: FailureReport, held: HeldSubscription | null): boolean {
  if (held?.name !== subscription) return false;
  return assignment === undefined || held.assignment === assignment;
}

/** What the pool is to be asked now; null: nothing. */
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

/** Notes that the pool has been asked. */
export function requestSent(state: AgentState, now: number): AgentState {
  const { switching } = state.switches;
  if (switching === null) return state;
  const askAt = now + (switching.step === 'waiting' ? LOOK_AGAIN_MS : ASK_AGAIN_MS);
  return withSwitches(state, { switching: { ...switching, askAt }, knownTo: switching.pool });
}

/**
 * The pool is not there. Where its fleet has been told, which starts it again, it is asked again soon. Else, and when that does not help, an
 * agent with a credential keeps it, and one without goes on asking.
 */
export function requestLost(state: AgentState, requestId: string, isFleetTold: boolean, now: number): AgentState {
  const { switching } = state.switches;
  if (switching?.requestId !== requestId) return state;
  const lost = (switching.lost ?? 0) + 1;
  if (isFleetTold && lost <= LOST_MOST) {
    return withSwitch(state, { ...switching, lost, askAt: now + LOST_ASK_AGAIN_MS * 2 ** (lost - 1) });
  }
  if (switching.from === null) return state;
  return endSwitch(state, switching, { result: 'failed', error: `there is no pool ${switching.pool}`, now });
}

/** Takes the pool's answer. One that is not newer than what is known already changes nothing. */
export function takeGrant(state: AgentState, grant: AllocationGranted, now: number): AgentState {
  if (isTerminated(state) || state.config.spec.subscription === undefined) return state;
  if (!('credential' in grant)) return exhausted(state, grant.requestId, grant.exhaustedUntil, now);
  const { switching, highest } = state.switches;
  if (grant.assignment <= highest) return state;
  const known = withSwitches(state, { highest: grant.assignment });
  if (switching !== null && isBeingApplied(state)) return withSwitch(known, { ...switching, newer: grant });
  // The answer to a request that was given up: the pool has been told, and takes it back.
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

/** The pool that has to hear that the agent is none of its own any more; null: none. */
export function leftPool(state: AgentState): string | null {
  const { knownTo } = state.switches;
  const isOver = state.destroyed || state.config.spec.subscription?.pool !== knownTo;
  return knownTo !== null && isOver ? knownTo : null;
}

/** The pool has heard it. */
export function poolLeft(state: AgentState): AgentState {
  return withSwitches(state, { knownTo: null });
}
