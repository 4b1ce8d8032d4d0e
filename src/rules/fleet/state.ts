/** The state of a fleet's workflow as one plain JSON object; it is the argument of the next run. */
import type { WatchedAgent } from '../../contract/activities';
import { type Hold, RENEWALS } from '../../contract/agent';
import type { NamedOrigin } from '../../contract/caller/origin';
import type { EventLog } from '../../contract/event/log';
import type { CompensationRecord } from '../../contract/fleet/compensation';
import type {
  ApplyResult,
  CancelOrder,
  ChangeView,
  FleetInput,
  FleetSpec,
  PlannedChange,
  ProvisionInput,
  SubscriptionSpec,
  UntoldAgent,
} from '../../contract/fleet';
import type { Usage } from '../../contract/usage';
import type { RequestMark } from '../lib/fingerprint';
import { UNBEGUN_LOG } from '../lib/log/log';
import type { OwnedWithSpec } from './plan/plan';
import { unsigned } from '../agent/spec/spec';
import { agentSettings } from '../agent/spec/settings';
import { type Ignored, NOTHING_IGNORED } from '../lib/troubles';

/**
 * The next step of a change; `ended`: none. `check` asks the workers whether they have everything,
 * before any pool receives a part of the change.
 */
export type ChangeStep = 'place' | 'check' | 'provision' | 'undo' | 'ended';

/** An accepted change of a fleet. */
export interface FleetChange {
  readonly kind: 'apply' | 'destroy';
  readonly step: ChangeStep;
  /** The fleet's spec once the change is done. */
  readonly spec: FleetSpec;
  readonly plan: readonly PlannedChange[];
  /**
   * The saga's input with every key, complete before the saga starts; kept until nothing is left to
   * undo.
   */
  readonly input: ProvisionInput | null;
  /** The undo log of a change that failed; null otherwise. */
  readonly record: CompensationRecord | null;
  readonly view: ChangeView;
  /** The order to stop and undo the change. */
  readonly cancel?: CancelOrder;
  /** Give up what cannot be removed. */
  readonly forget?: true;
  /** Who asked for it, and who cancelled it; absent if the command did not say so. */
  readonly given?: NamedOrigin;
  readonly cancelGiven?: NamedOrigin;
}

/**
 * An accepted request, kept for a repeat; `answer` null: a repeat receives the fleet's current
 * state.
 */
export interface RememberedRequest extends RequestMark {
  readonly answer: ApplyResult | null;
}

/** Everything that a fleet's workflow knows. */
export interface FleetState {
  readonly v: 1;
  readonly fleet: string;
  /**
   * Created by the workflow's first run; a destroyed fleet gets a new one when it is applied again.
   */
  readonly incarnation: string;
  /** 0 until the first change. */
  readonly revision: number;
  readonly spec: FleetSpec;
  /** The id map: the agents that the fleet owns, by name. */
  readonly agents: Readonly<Record<string, OwnedWithSpec>>;
  readonly holds: readonly Hold[];
  /** Whether agents may not have received the current holds yet. */
  readonly holdsDue: boolean;
  /**
   * Counts the rounds in which agents receive the holds; it makes each round's request id unique.
   */
  readonly holdRounds: number;
  /** The agents that the last round did not reach; null: all agents are due. */
  readonly untold: readonly UntoldAgent[] | null;
  /** The pools that have received this fleet's file. */
  readonly told: Pick<Required<FleetSpec>, 'notify'> & { readonly pools: readonly SubscriptionSpec[] };
  readonly change: FleetChange | null;
  readonly requests: readonly RememberedRequest[];
  /** The usage of ended agents, and the keys of those counted last. */
  readonly usage?: { readonly left: Usage; readonly keys: readonly string[] };
  /** Counts messages that changed nothing. */
  readonly ignored: Ignored;
  /** The events of its changes. */
  readonly log: EventLog;
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
    log: UNBEGUN_LOG,
    continueAfterEvents: continueAfterEvents ?? null,
    agentsPerPart: agentsPerPart ?? null,
  };
}

/** The agents with health checks. */
export function watchedAgents({ agents }: FleetState): WatchedAgent[] {
  return Object.entries(agents).flatMap(([agent, { spec }]) => {
    const { healthCheck, staleAfterMs } = agentSettings(spec);
    return healthCheck === null ? [] : [{ agent, ...healthCheck, renewMs: staleAfterMs / RENEWALS }];
  });
}

/** Whether a change is under way; the fleet refuses another one then. */
export function isChanging(state: FleetState): boolean {
  return state.change !== null && state.change.step !== 'ended';
}

/** Whether the fleet is destroyed; its workflow ends then. */
export function isDestroyed({ change }: FleetState): boolean {
  return change?.kind === 'destroy' && change.view.state === 'done';
}

/** Whether the fleet was never used: a dry run or a refused first `apply` started its workflow. */
export function isUnused(state: FleetState): boolean {
  return state.revision === 0 && state.holds.length === 0;
}

/** A fleet's specification without signatures, which say nothing of what it should be. */
export function unsignedFleet(spec: FleetSpec): FleetSpec {
  return { ...spec, agents: spec.agents.map(unsigned) };
}
