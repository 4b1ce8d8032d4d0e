/** The data of each type of event. A name of an agent or a run is its full name: `fleet/agent`. */
import type { AgentStatus, Liveness, Runtime } from '../agent';
import type { SwitchRecord } from '../agent/subscription';
import type { NamedOrigin } from '../caller/origin';
import type { AgentProgress, ChangeState, ChangeSteps } from '../fleet';
import type { OnDeadline, WaitingKind } from '../run/inbox';
import type { BranchOutcome } from '../run';
import type { EventType } from './index';

/** The caller of the command behind the event: as a text, and in parts. Absent if the command did not say so. */
export interface GivenBy {
  readonly by?: string;
  readonly origin?: NamedOrigin;
}

/** The axes of an agent. */
export interface AgentAxes {
  readonly status: AgentStatus;
  readonly runtime: Runtime;
  readonly liveness: Liveness;
  /** The names of its holds. */
  readonly holds: readonly string[];
  /** The name of its credential; null: it has none. */
  readonly subscription: string | null;
  readonly revision: number;
}

/**
 * One decision of an agent's workflow. `from` and `to` have only the axes that changed. Both are
 * empty for a refusal (`accepted: false`), and for a fact that changes no axis.
 */
export interface AgentChanged extends AgentAxes {
  readonly fleet: string;
  readonly agent: string;
  readonly from: Partial<AgentAxes>;
  readonly to: Partial<AgentAxes>;
  readonly by: string;
  readonly what: string;
  readonly accepted: boolean;
  /** Who gave the command, in parts; absent for everything else. */
  readonly origin?: NamedOrigin;
  /** The reason that was given for it; null: none was. */
  readonly reason: string | null;
  /** Why the agent is not working now; null if it works. */
  readonly why: string | null;
}

/** `agent.ready`, `agent.offline` and `agent.failed`. */
export interface AgentAnnounced {
  readonly agent: string;
  readonly status: AgentStatus;
  readonly runtime: Runtime;
  readonly liveness: Liveness;
  readonly instanceId: string | null;
  readonly reason: string | null;
  /** Why it is not working; null if it works. */
  readonly why: string | null;
}

/** The restart policy, or an operator, has the agent started again; `restarts` counts them. */
export interface AgentRestarted {
  readonly agent: string;
  readonly restarts: number;
  readonly reason: string | null;
}

/** The change of a fleet that an event is about. */
export interface ChangeRef {
  readonly fleet: string;
  readonly revision: number;
  readonly changeId: string;
}

/** The number of agents that the change is about. */
export interface ChangeStarted extends ChangeRef, GivenBy {
  readonly kind: 'apply' | 'destroy';
  readonly agents: number;
}

/** One agent's next step in a change. `agent` is its full name. */
export interface ChangeStepped extends ChangeRef, Omit<AgentProgress, 'error'> {
  readonly error: string | null;
}

/** The end of a change. */
export interface ChangeEnded extends ChangeRef {
  readonly state: ChangeState;
  readonly steps: ChangeSteps;
  readonly error: string | null;
}

/** The change was cancelled. */
export interface ChangeCancelled extends ChangeRef, GivenBy {
  readonly reason: string | null;
}

/** The undo of a change that failed begins again, because a person asked for it. */
export interface ChangeCompensating extends ChangeRef, GivenBy {
  readonly attempt: number;
}

/** The fleet was paused or resumed; `reason` of the pause, null: none was given. */
export interface FleetHeld extends GivenBy {
  readonly fleet: string;
  readonly reason: string | null;
}

/** The run that an event is about. */
export interface RunNamedBy {
  readonly run: string;
}

/** An agent asks the human. The question itself may be confidential, so the event does not hold it. */
export interface RunAsked extends RunNamedBy {
  readonly agent: string;
  readonly branch: string;
}

/** A change of a waiting item (docs/inbox.md). The question itself may be confidential, so the event does not hold it. */
export interface QuestionTold extends RunNamedBy, GivenBy {
  readonly item: string;
  readonly kind: WaitingKind;
  readonly agent: string;
  readonly branch: string;
  readonly deadline?: string;
  readonly onDeadline?: OnDeadline;
  readonly escalateTo?: string;
}

/** Branches that have started or ended since the last such event. */
export interface RunBranches extends RunNamedBy {
  readonly branches: readonly {
    readonly id: string;
    readonly agent: string;
    readonly outcome: BranchOutcome | 'running' | 'waiting';
    readonly turns: number;
    readonly error: string | null;
  }[];
  /** The branches that did not fit into the list. */
  readonly more: number;
}

/** The end of a run; `by`: who cancelled it. The result may be large and confidential, so the event does not hold it. */
export interface RunEnded extends RunNamedBy, GivenBy {
  readonly success: boolean;
  readonly cancelled: boolean;
  readonly error: string | null;
  readonly turns: number;
}

/** A pool has no free credential for the agents that wait; the first 100 of `waiting` are named. */
export interface PoolExhausted {
  readonly pool: string;
  readonly exhaustedUntil: string | null;
  readonly agents: readonly string[];
  readonly waiting: number;
  /** The fleets that describe the pool. */
  readonly fleets: readonly string[];
}

/** Every agent that waited for a credential of the pool has one. */
export interface PoolAvailable {
  readonly pool: string;
  readonly fleets: readonly string[];
}

/** A gateway no longer renews the lease of these agents, which count as silent from now on. */
export interface LeaseLost {
  readonly lease: string;
  /** The first 100 of them. */
  readonly agents: readonly string[];
  /** How many they are. */
  readonly held: number;
  readonly reason: string | null;
}

/** Events of this workflow that a reader could no longer read. */
export interface FeedGap {
  readonly workflow: string;
  /** How many events are missing; 0: the number is not known. */
  readonly missed: number;
}

/** The data of an event, by its type. */
export interface EventData extends Readonly<Record<EventType, object>> {
  readonly 'agent.changed': AgentChanged;
  readonly 'agent.ready': AgentAnnounced;
  readonly 'agent.offline': AgentAnnounced;
  readonly 'agent.failed': AgentAnnounced;
  readonly 'agent.restarted': AgentRestarted;
  readonly 'change.started': ChangeStarted;
  readonly 'change.step': ChangeStepped;
  readonly 'change.completed': ChangeEnded;
  readonly 'change.failed': ChangeEnded;
  readonly 'change.compensated': ChangeEnded;
  readonly 'change.cancelled': ChangeCancelled;
  readonly 'change.compensating': ChangeCompensating;
  readonly 'fleet.paused': FleetHeld;
  readonly 'fleet.resumed': FleetHeld;
  readonly 'run.started': RunNamedBy & GivenBy & { readonly scripted: boolean };
  readonly 'run.asked': RunAsked;
  readonly 'question.asked': QuestionTold;
  readonly 'question.reminded': QuestionTold;
  readonly 'question.escalated': QuestionTold;
  readonly 'question.expired': QuestionTold;
  readonly 'question.answered': QuestionTold;
  readonly 'question.extended': QuestionTold;
  readonly 'run.answered': Omit<RunAsked, 'agent'>;
  readonly 'run.branch': RunBranches;
  readonly 'run.completed': RunEnded;
  readonly 'run.failed': RunEnded;
  readonly 'run.cancelled': RunEnded;
  readonly 'run.paused': RunNamedBy & GivenBy;
  readonly 'run.resumed': RunNamedBy & GivenBy;
  readonly 'subscription.switched': SwitchRecord;
  readonly 'pool.exhausted': PoolExhausted;
  readonly 'pool.available': PoolAvailable;
  readonly 'pool.reset': PoolAvailable & GivenBy & { readonly credential: string | null };
  readonly 'lease.lost': LeaseLost;
  readonly 'feed.gap': FeedGap;
}
