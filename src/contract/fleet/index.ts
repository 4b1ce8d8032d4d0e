/** The fleet entity and its changes. `FleetSpec` is the fleet file's `spec`, as plain JSON, on every wire. */
import type { AgentSpec, Hold, LivenessSpec, ProviderKind, ResourceRef, RestartSpec } from '../agent';
import type { Duration } from '../duration';
import type { CompensationRecord } from './compensation';
import type { LostParts } from '../ends';
import type { NotifySpec } from '../event';
import type { TopologySpec, TopologyView } from '../topology';
import type { Trouble } from '../trouble';

/** What happens to what a failed change has created. */
export type OnFailure = 'rollback' | 'keep';

/** Settings of a change: agents at a time (default 16), what a failure does (default rollback), deadline (default 2h). */
export interface ProvisioningSpec {
  readonly maxConcurrent?: number;
  readonly onFailure?: OnFailure;
  readonly timeout?: Duration;
}

/** A credential by reference: `env:NAME` or `file:path`, resolved where it is used, never stored in a workflow. */
export interface CredentialSpec {
  readonly name: string;
  readonly secret: string;
}

/** A pool of interchangeable credentials (docs/subscriptions.md). */
export interface SubscriptionSpec {
  readonly pool: string;
  readonly credentials: readonly CredentialSpec[];
  readonly skipFor?: Duration;
  readonly inject?: { readonly env: string };
  readonly autoSwitch?: boolean;
  readonly drainTimeout?: Duration;
  readonly apply?: 'hot' | 'restart';
}

/** The `spec` of a fleet file. */
export interface FleetSpec {
  readonly provisioning?: ProvisioningSpec;
  readonly liveness?: LivenessSpec;
  readonly restart?: RestartSpec;
  readonly agents: readonly AgentSpec[];
  readonly topology?: TopologySpec;
  readonly subscriptions?: readonly SubscriptionSpec[];
  readonly notify?: readonly NotifySpec[];
}

/** A whole fleet file. */
export interface FleetFile {
  readonly apiVersion: 'drover/v1';
  readonly kind: 'Fleet';
  readonly metadata: { readonly name: string };
  readonly spec: FleetSpec;
}

/** What a change does to one agent. `update` is hot: the running agent is configured anew, its resource untouched. */
export type ChangeKind = 'create' | 'update' | 'replace' | 'delete';

/** One line of a plan; `fields` are the JSON paths (`process.env.LETTERS`) that differ, empty for create and delete. */
export interface PlannedChange {
  readonly kind: ChangeKind;
  readonly agent: string;
  readonly fields: readonly string[];
  /** Why an agent that the fleet owns already is created again: its workflow was terminated, for example. */
  readonly why?: string;
}

/** A pool of the fleet's file that is started again, and why. */
export interface PoolRepair {
  readonly pool: string;
  readonly why: string;
}

/** What a fleet knows of an agent that it owns; kept by name, and shown in the fleet's view (docs/provisioning.md). */
export interface OwnedAgent extends ResourceRef {
  readonly revision: number;
  readonly provider: ProviderKind;
  /**
   * Left behind by a change that could not finish. `spec`: the agent may not have been configured, the next apply does it again.
   * `resource`: it is half made or half removed, the next apply replaces it.
   */
  readonly doubt?: 'spec' | 'resource';
}

/** One agent's part of a change, complete: everything that carrying it out, and undoing it, needs. */
export interface AgentChange extends PlannedChange {
  /** The new specification with the fleet's liveness and restart merged in; null for delete. */
  readonly spec: AgentSpec | null;
  /** The idempotency key of the resource to create; null for update and delete. */
  readonly key: string | null;
  /** What is owned now, with the specification it was made from; of a create, what is left of an agent whose workflow is gone. */
  readonly previous: (OwnedAgent & { readonly spec: AgentSpec }) | null;
}

/** The input of a `provision` workflow: one change, with every key. */
export interface ProvisionInput {
  readonly v: 1;
  readonly fleet: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly changeId: string;
  /** The host that process agents of this change are placed on. */
  readonly host: string;
  readonly provisioning: ProvisioningSpec;
  readonly holds: readonly Hold[];
  readonly changes: readonly AgentChange[];
  /** What cannot be removed is given up. */
  readonly forget?: true;
  /** Given: nothing is changed, only this record is compensated, whose attempt has begun. */
  readonly undo?: CompensationRecord;
  /** Agents per workflow of a change that is carried out in parts, for tests; absent: as many as a history can take. */
  readonly agentsPerPart?: number;
}

/** What a `provision` workflow returns: how it ended and what exists now. `agents` lacks what was deleted or undone. */
export interface ProvisionResult {
  readonly change: ChangeView;
  readonly agents: Readonly<Record<string, OwnedAgent>>;
  /** The undo log. */
  readonly record: CompensationRecord;
}

/** How far a change has come. */
export interface ChangeSteps {
  readonly created: number;
  readonly woken: number;
  readonly ready: number;
  readonly total: number;
}

/** Where one agent of a change is; what the CLI's progress shows. */
export interface AgentProgress {
  readonly agent: string;
  readonly kind: ChangeKind;
  readonly step:
    | 'waiting'
    | 'creating'
    | 'preparing'
    | 'waking'
    | 'ready'
    | 'updating'
    | 'updated'
    | 'deleting'
    | 'deleted'
    | 'failed'
    | 'undone';
  readonly error: string | null;
}

export type ChangeState = 'running' | 'done' | 'failed' | 'rolled_back' | 'kept';

/** A change as `describe` shows it. */
export interface ChangeView {
  readonly changeId: string;
  readonly revision: number;
  readonly state: ChangeState;
  readonly steps: ChangeSteps;
  readonly compensation: Pick<CompensationRecord, 'state' | 'attempt' | 'entries' | 'audit' | 'metrics'> | null;
  readonly error: string | null;
  readonly agents: readonly AgentProgress[];
  /** The id map, filled by `--dry-run` with `dry-run-<name>`. */
  readonly ids: Readonly<Record<string, string>>;
  /** What its workflow has not managed yet; absent where all is well. */
  readonly troubles?: readonly Trouble[];
  /** What it could not remove and has given up, as it was asked to; absent: nothing. */
  readonly forgotten?: readonly Forgotten[];
}

/** What a `destroy` with `forget` has given up: it may still be there, and nobody owns it. */
export interface Forgotten {
  readonly agent: string;
  readonly provider: ProviderKind;
  readonly resourceId: string | null;
  readonly key: string;
  /** Why it could not be removed. */
  readonly why: string;
}

/** The `destroy` update's argument. `forget`: what cannot be removed is given up. */
export interface DestroyRequest {
  readonly requestId?: string;
  readonly forget?: boolean;
}

/** The `cancel` update's argument; the change that is meant, where another one must not be cancelled. */
export interface CancelRequest {
  readonly changeId?: string;
  readonly revision?: number;
  readonly reason?: string;
  readonly requestId?: string;
}

/** The `compensate` update's argument: the next attempt of the latest change unless it says which. */
export interface CompensateRequest {
  readonly attempt?: number;
  readonly revision?: number;
  readonly requestId?: string;
}

/** The `nameRun` update's argument: the one run that a request id stands for. */
export interface RunNamed {
  readonly run: string;
  readonly requestId: string;
}

/** A change is to stop and to be taken back. */
export interface CancelOrder {
  readonly reason?: string;
}

/** An agent that its fleet's holds have not reached. `why` null: it has taken them, and they take effect: it drains, say. */
export interface UntoldAgent {
  readonly agent: string;
  readonly why: string | null;
}

/** A fleet as `describe` shows it. */
export interface FleetView {
  readonly fleet: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly change: ChangeView | null;
  readonly holds: readonly Hold[];
  readonly agents: Readonly<Record<string, Pick<OwnedAgent, 'resourceId' | 'revision' | 'doubt'>>>;
  readonly spec: FleetSpec;
  /** Agents that the present holds have not reached yet; absent where all have them, and nothing is left to do. */
  readonly untold?: readonly UntoldAgent[];
  /** What its workflow has not managed yet; absent where all is well. */
  readonly troubles?: readonly Trouble[];
}

/** The same with its topology as a graph: what `describe fleet`, `-o json` and HTTP show. */
export interface FleetDescription extends FleetView {
  readonly topology: TopologyView | null;
  /** What it owns and what is gone, until an `apply` makes it again; empty while a change runs. */
  readonly lost: LostParts;
}

/** An item of `get fleets`: what visibility holds. */
export interface FleetListItem {
  readonly fleet: string;
  readonly holds: readonly string[];
  /** Why its workflow does not answer at the moment, where the server reports it; null: nothing is known of that. */
  readonly problem: string | null;
}

/** The input of a `fleet` workflow's first run. */
export interface FleetInput {
  readonly v: 1;
  readonly fleet: string;
  /** Continue as new after so many history events, for tests and soaks; absent: at the server's suggestion. */
  readonly continueAfterEvents?: number;
  /** Split changes into parts of so many agents, for tests; absent: as many as a history can take. */
  readonly agentsPerPart?: number;
}

/** The `apply` update's argument. */
export interface ApplyRequest {
  readonly spec: FleetSpec;
  readonly expectRevision?: number;
  readonly requestId?: string;
  readonly dryRun?: boolean;
}

/** `apply` and `destroy` answer at acceptance; `changeId` null: nothing differs (or it is a dry run), nothing happens. */
export interface ApplyResult {
  readonly revision: number;
  readonly changes: readonly PlannedChange[];
  /** Settings outside of the agents that differ, as JSON paths (`topology.flows`). */
  readonly settings: readonly string[];
  /** Pools that are gone and started again, where there are any. */
  readonly pools?: readonly PoolRepair[];
  readonly changeId: string | null;
  /** Only of a dry run: the id map as it would be, with `dry-run-<name>` for what would be created. */
  readonly ids?: Readonly<Record<string, string>>;
}

/** An agent tells its fleet that it has ended and its resource is destroyed (signal `agentGone`), whoever had asked for that. */
export interface AgentGone {
  readonly agent: string;
  readonly incarnation: string;
  readonly key: string;
}

/** An agent tells its fleet that it has not found its pool (signal `poolGone`): a fleet that describes it starts it again. */
export interface PoolGone {
  readonly pool: string;
}

/** A fleet tells its running change what its holds are now (signal `holdsChanged`): agents that are made from then on are born with them. */
export interface HoldsChanged {
  readonly holds: readonly Hold[];
}

/** The signature of workflow `provision`. */
export type ProvisionWorkflow = (input: ProvisionInput) => Promise<ProvisionResult>;
