/** What a fleet's workflow knows, as one plain JSON object: it is the argument of the workflow's next run. */
import type { WatchedAgent } from '../contract/activities';
import type { Hold } from '../contract/agent';
import type { CompensationRecord } from '../contract/compensation';
import type {
  ApplyResult,
  ChangeView,
  FleetInput,
  FleetSpec,
  FleetView,
  PlannedChange,
  ProvisionInput,
  SubscriptionSpec,
} from '../contract/fleet';
import { FLEET_HOLD } from '../contract/names';
import { waiting } from './change-run';
import type { RequestMark } from './fingerprint';
import type { OwnedWithSpec } from './plan';
import { agentSettings } from './settings';

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
  /** What the pools know of this fleet's file. */
  readonly told: Pick<Required<FleetSpec>, 'notify'> & { readonly pools: readonly SubscriptionSpec[] };
  readonly change: FleetChange | null;
  readonly requests: readonly RememberedRequest[];
  /** Messages that could not be read, and so changed nothing. */
  readonly ignored: number;
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
    told: { pools: [], notify: [] },
    change: null,
    requests: [],
    ignored: 0,
    continueAfterEvents: continueAfterEvents ?? null,
    agentsPerPart: agentsPerPart ?? null,
  };
}

/** How many times within `staleAfter` the gateway and the monitor renew what they know (lifecycle.md, "Cost"). */
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

/** The fleet as `describe` shows it. */
export function fleetView(state: FleetState): FleetView {
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
    spec,
  };
}

/** The view of a change that has just been accepted. */
export function acceptedView(changeId: string, revision: number, plan: readonly PlannedChange[]): ChangeView {
  return {
    changeId,
    revision,
    state: plan.length === 0 ? 'done' : 'running',
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
  return { ...state, holds, holdsDue: true };
}

/** The fleet without its own hold; agents are told likewise. */
export function releaseFleet(state: FleetState): FleetState {
  return { ...state, holds: state.holds.filter(({ name }) => name !== FLEET_HOLD), holdsDue: true };
}

/** Every agent that may have to hear of a hold: what is owned, and what a running change is making. */
export function agentsToHold({ agents, change }: FleetState): string[] {
  const changing = change && change.step !== 'ended' ? change.plan.map(({ agent }) => agent) : [];
  return [...new Set([...Object.keys(agents), ...changing])];
}
