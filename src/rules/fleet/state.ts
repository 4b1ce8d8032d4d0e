/** What a fleet's workflow knows, as one plain JSON object: it is the argument of the workflow's next run. */
import type { HoldCall, WatchedAgent } from '../../contract/activities';
import type { Hold } from '../../contract/agent';
import type { CompensationRecord } from '../../contract/fleet/compensation';
import type {
  ApplyResult,
  CancelOrder,
  ChangeView,
  FleetInput,
  FleetSpec,
  FleetView,
  PlannedChange,
  ProvisionInput,
  SubscriptionSpec,
  UntoldAgent,
} from '../../contract/fleet';
import { FLEET_HOLD, HOLD_REQUEST } from '../../contract/names';
import type { Trouble } from '../../contract/trouble';
import { waiting } from '../change/run';
import type { RequestMark } from '../lib/fingerprint';
import type { OwnedWithSpec } from './plan';
import { unsigned } from '../agent/spec';
import { agentSettings } from '../agent/settings';
import { type Ignored, NOTHING_IGNORED, troublesOf } from '../lib/troubles';

/** What the fleet's workflow does next about its change; `ended`: nothing, the change is history. */
export type ChangeStep = 'place' | 'provision' | 'undo' | 'ended';

/** One change of a fleet, from its acceptance on. */
export interface FleetChange {
  readonly kind: 'apply' | 'destroy';
  readonly step: ChangeStep;
  /** What the fleet is once the change is done. */
  readonly spec: FleetSpec;
  readonly plan: readonly PlannedChange[];
  /** Complete, with every key, before the saga starts; kept until nothing is left that may have to be undone. */
  readonly input: ProvisionInput | null;
  /** The undo log where the change did not end well. */
  readonly record: CompensationRecord | null;
  readonly view: ChangeView;
  /** It is to stop and to be taken back. */
  readonly cancel?: CancelOrder;
  /** What cannot be removed is given up. */
  readonly forget?: true;
}

/** An accepted request, for a repeat of its `requestId`; `answer` null: a repeat is answered with the fleet as it is. */
export interface RememberedRequest extends RequestMark {
  readonly answer: ApplyResult | null;
}

export interface FleetState {
  readonly v: 1;
  readonly fleet: string;
  /** Made by the workflow's first run; new after each destroy. */
  readonly incarnation: string;
  /** 0 until the first change. */
  readonly revision: number;
  readonly spec: FleetSpec;
  /** The id map. */
  readonly agents: Readonly<Record<string, OwnedWithSpec>>;
  readonly holds: readonly Hold[];
  /** Agents may not have heard of the present holds yet. */
  readonly holdsDue: boolean;
  /** Counts the rounds in which agents are told of holds: each is a request of its own. */
  readonly holdRounds: number;
  /** Of the present holds: the agents that the last round has not reached; null: all are to be told. */
  readonly untold: readonly UntoldAgent[] | null;
  /** What the pools know of this fleet's file. */
  readonly told: Pick<Required<FleetSpec>, 'notify'> & { readonly pools: readonly SubscriptionSpec[] };
  readonly change: FleetChange | null;
  readonly requests: readonly RememberedRequest[];
  /** Messages that changed nothing. */
  readonly ignored: Ignored;
  readonly continueAfterEvents: number | null;
  readonly agentsPerPart: number | null;
}

/** The argument of every run after the first. */
export interface CarriedFleet {
  readonly v: 1;
  readonly state: FleetState;
}

/** A fleet before its first change. */
export function newFleet({ fleet, continueAfterEvents, agentsPerPart }: FleetInput, incarnation: string): FleetState {
  return {
    v: 1,
    fleet,
    incarnation,
    revision: 0,
    spec: { agents: [] },
    agents: {},
    holds: [],
    holdsDue: false,
    holdRounds: 0,
    untold: null,
    told: { pools: [], notify: [] },
    change: null,
    requests: [],
    ignored: NOTHING_IGNORED,
    continueAfterEvents: continueAfterEvents ?? null,
    agentsPerPart: agentsPerPart ?? null,
  };
}

/** How many times within `staleAfter` the gateway and the monitor renew what they know (docs/http.md, "Beats"). */
const RENEWALS = 3;

/** The agents whose health is checked. */
export function watchedAgents({ agents }: FleetState): WatchedAgent[] {
  return Object.entries(agents).flatMap(([agent, { spec }]) => {
    const { healthCheck, staleAfterMs } = agentSettings(spec);
    return healthCheck === null ? [] : [{ agent, ...healthCheck, renewMs: staleAfterMs / RENEWALS }];
  });
}

/** Whether a change is under way, so that another one is refused. */
export function isChanging(state: FleetState): boolean {
  return state.change !== null && state.change.step !== 'ended';
}

/** Whether the fleet is gone: its workflow ends. */
export function isDestroyed({ change }: FleetState): boolean {
  return change?.kind === 'destroy' && change.view.state === 'done';
}

/** Whether it has never been anything: a dry run, or a first `apply` that was refused, started its workflow. */
export function isUnborn(state: FleetState): boolean {
  return state.revision === 0 && state.holds.length === 0;
}

/** A fleet's specification without signatures, which say nothing of what it should be. */
export function unsignedFleet(spec: FleetSpec): FleetSpec {
  return { ...spec, agents: spec.agents.map(unsigned) };
}

/** The fleet as `describe` shows it, with what its workflow has not managed yet. */
export function fleetView(state: FleetState, troubles: readonly Trouble[] = []): FleetView {
  const agents = Object.entries(state.agents).map(([name, { resourceId, revision, doubt }]) => [
    name,
    { resourceId, revision, ...(doubt && { doubt }) },
  ]);
  const { fleet, incarnation, revision, holds, spec, change } = state;
  return {
    fleet,
    incarnation,
    revision,
    change: change?.view ?? null,
    holds,
    agents: Object.fromEntries(agents) as FleetView['agents'],
    spec: unsignedFleet(spec),
    ...(state.holdsDue ? { untold: untoldAgents(state) } : {}),
    ...troublesOf(troubles),
  };
}

/** The view of a change that has just been accepted. */
export function acceptedView(
  changeId: string,
  revision: number,
  plan: readonly PlannedChange[],
  state: 'running' | 'done',
): ChangeView {
  return {
    changeId,
    revision,
    state,
    steps: { created: 0, woken: 0, ready: 0, total: plan.length },
    compensation: null,
    error: null,
    agents: plan.map(waiting),
    ids: {},
  };
}

/**
 * The fleet with its own hold; agents are told by the workflow, each time that it is asked for: somebody may have released the hold on one of
 * them, or set it by hand. The list is a new one each time, so that a telling under way does not count as this one.
 */
export function holdFleet(state: FleetState, reason: string | null, since: string): FleetState {
  const isHeld = state.holds.some(({ name }) => name === FLEET_HOLD);
  const holds = isHeld ? [...state.holds] : [...state.holds, { name: FLEET_HOLD, reason, since }];
  return { ...state, holds, holdsDue: true, untold: null };
}

/** The fleet without its own hold; agents are told likewise. */
export function releaseFleet(state: FleetState): FleetState {
  return { ...state, holds: state.holds.filter(({ name }) => name !== FLEET_HOLD), holdsDue: true, untold: null };
}

/** Every agent that may have to hear of a hold: what is owned, and what a running change is making. */
function agentsToHold({ agents, change }: FleetState): string[] {
  const changing = change && change.step !== 'ended' ? change.plan.map(({ agent }) => agent) : [];
  return [...new Set([...Object.keys(agents), ...changing])];
}

/** The agents that the present holds have not reached as far as is known. */
export function untoldAgents(state: FleetState): UntoldAgent[] {
  const agents = agentsToHold(state);
  if (state.untold === null) return agents.map((agent) => ({ agent, why: 'it has not been told yet' }));
  return state.untold.filter(({ agent }) => agents.includes(agent));
}

/** The next round of telling agents of the holds; null: there is no agent to be told. `state`: the round has begun. */
export function nextHoldRound(state: FleetState): { readonly state: FleetState; readonly call: HoldCall | null } {
  const { fleet, incarnation, holds } = state;
  const holdRounds = state.holdRounds + 1;
  const held = holds.find(({ name }) => name === FLEET_HOLD);
  const agents = untoldAgents(state).map(({ agent, why }) => ({ agent, isTaken: why === null }));
  const call: HoldCall = {
    fleet,
    agents,
    hold: held ?? { name: FLEET_HOLD, reason: null, since: '' },
    held: held !== undefined,
    requestId: `${HOLD_REQUEST}${incarnation}.${String(holdRounds)}`,
  };
  return { state: { ...state, holdRounds }, call: agents.length === 0 ? null : call };
}

/** A round has ended that told of `holds`; where they are others by now, all are to be told again. */
export function holdsTold(state: FleetState, holds: readonly Hold[], untold: readonly UntoldAgent[]): FleetState {
  if (state.holds !== holds) return state;
  return { ...state, holdsDue: untold.length > 0, untold: untold.length > 0 ? untold : null };
}

/** What keeps the holds from being done, in a sentence; null where it is only a matter of time. */
export function whyUntold({ fleet, untold }: FleetState): string | null {
  const refused = (untold ?? []).filter(({ why }) => why !== null);
  const [first] = refused;
  if (first === undefined) return null;
  const others = refused.length > 1 ? ` (and ${String(refused.length - 1)} more agents)` : '';
  return `${fleet}/${first.agent}${others}: ${first.why ?? ''}`;
}
