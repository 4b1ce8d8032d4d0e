/**
 * The fleet and its changes. `FleetSpec` is the `spec` of the fleet file, as plain JSON on every
 * wire.
 */
import type { AgentSpec, Hold, LivenessSpec, ProviderKind, ResourceRef, RestartSpec } from '../agent';
import type { Duration } from '../duration';
import type { CompensationRecord } from './compensation';
import type { LostParts } from '../ends';
import type { NotifySpec } from '../event';
import type { TopologySpec, TopologyView } from './topology';
import type { Trouble } from '../trouble';
import type { Usage } from '../usage';

/** What a failed change does with the resources that it created. */
export type OnFailure = 'rollback' | 'keep';

/**
 * The settings of a change: agents at a time (default 16), `onFailure` (default rollback),
 * `timeout` (default 2h).
 */
export interface ProvisioningSpec {
  readonly maxConcurrent?: number;
  readonly onFailure?: OnFailure;
  readonly timeout?: Duration;
}

/**
 * A credential with a reference to its secret: `env:NAME` or `file:path`. Workflows never store the
 * secret.
 */
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

/**
 * What a change does to an agent. `update` is hot: it configures the running agent and keeps its
 * resource.
 */
export type ChangeKind = 'create' | 'update' | 'replace' | 'delete';

/**
 * One line of a plan. `fields` are the JSON paths (`process.env.LETTERS`) that differ; empty for
 * create and delete.
 */
export interface PlannedChange {
  readonly kind: ChangeKind;
  readonly agent: string;
  readonly fields: readonly string[];
  /** Why an owned agent is created again, for example because its workflow was terminated. */
  readonly why?: string;
}

/** A pool of the fleet file that is started again, and why. */
export interface PoolRepair {
  readonly pool: string;
  readonly why: string;
}

/** An agent that a fleet owns: an entry of the id map, by name (docs/provisioning.md). */
export interface OwnedAgent extends ResourceRef {
  readonly revision: number;
  readonly provider: ProviderKind;
  /**
   * Left behind by an unfinished change. `spec`: the agent may not be configured, and the next
   * apply configures it again. `resource`: it is half created or half removed, and the next apply
   * replaces it.
   */
  readonly doubt?: 'spec' | 'resource';
}

/** The change of one agent, with everything that is needed to make it and to undo it. */
export interface AgentChange extends PlannedChange {
  /** The new specification, merged with the fleet's settings; null for delete. */
  readonly spec: AgentSpec | null;
  /** The idempotency key of the resource to create; null for update and delete. */
  readonly key: string | null;
  /**
   * The owned agent with its specification; for a create, the rest of an agent whose workflow is
   * gone; else null.
   */
  readonly previous: (OwnedAgent & { readonly spec: AgentSpec }) | null;
}

/** The input of a `provision` workflow: a change with every key. */
export interface ProvisionInput {
  readonly v: 1;
  readonly fleet: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly changeId: string;
  /** The host of the process agents of this change. */
  readonly host: string;
  readonly provisioning: ProvisioningSpec;
  readonly holds: readonly Hold[];
  readonly changes: readonly AgentChange[];
  /** Give up what cannot be removed. */
  readonly forget?: true;
  /**
   * Where given, the workflow changes nothing and only compensates this record, whose attempt has
   * begun.
   */
  readonly undo?: CompensationRecord;
  /** For tests: agents per workflow of a change in parts; absent: as many as fit in a history. */
  readonly agentsPerPart?: number;
}

/**
 * The result of a `provision` workflow: the change, and the agents that exist now, without deleted
 * and undone ones.
 */
export interface ProvisionResult {
  readonly change: ChangeView;
  readonly agents: Readonly<Record<string, OwnedAgent>>;
  /** The undo log. */
  readonly record: CompensationRecord;
}

/** The counts of a change's progress. */
export interface ChangeSteps {
  readonly created: number;
  readonly woken: number;
  readonly ready: number;
  readonly total: number;
}

/** The steps of one agent in a change; the CLI's progress shows them. */
export const AGENT_STEPS = [
  'waiting',
  'creating',
  'preparing',
  'waking',
  'ready',
  'updating',
  'updated',
  'deleting',
  'deleted',
  'failed',
  'undone',
] as const;

/** The step of one agent in a change. */
export interface AgentProgress {
  readonly agent: string;
  readonly kind: ChangeKind;
  readonly step: (typeof AGENT_STEPS)[number];
  readonly error: string | null;
}

export type ChangeState = 'running' | 'done' | 'failed' | 'rolled_back' | 'kept';

/** The view of a change. */
export interface ChangeView {
  readonly changeId: string;
  readonly revision: number;
  readonly state: ChangeState;
  readonly steps: ChangeSteps;
  readonly compensation: Pick<CompensationRecord, 'state' | 'attempt' | 'entries' | 'audit' | 'metrics'> | null;
  readonly error: string | null;
  /** The change stopped because it was refused, not because something failed; else absent. */
  readonly code?: 'Forbidden';
  readonly agents: readonly AgentProgress[];
  /** The id map, filled by `--dry-run` with `dry-run-<name>`. */
  readonly ids: Readonly<Record<string, string>>;
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
  /** The agents that it could not remove and gave up as requested; absent without such agents. */
  readonly forgotten?: readonly Forgotten[];
}

/**
 * An agent that a `destroy` with `forget` gave up. Its resource may still exist, and no fleet owns
 * it.
 */
export interface Forgotten {
  readonly agent: string;
  readonly provider: ProviderKind;
  readonly resourceId: string | null;
  readonly key: string;
  /** Why it could not be removed. */
  readonly why: string;
}

/** The argument of the update `scale`: another number of replicas for an agent that has replicas. */
export interface ScaleRequest {
  readonly agent: string;
  readonly replicas: number;
  readonly expectRevision?: number;
  readonly dryRun?: boolean;
  readonly requestId?: string;
}

/** The argument of the update `destroy`. `forget`: give up what cannot be removed. */
export interface DestroyRequest {
  readonly requestId?: string;
  readonly forget?: boolean;
}

/**
 * The argument of the update `cancel`. `changeId` or `revision` names the change, so that no other
 * one is cancelled.
 */
export interface CancelRequest {
  readonly changeId?: string;
  readonly revision?: number;
  readonly reason?: string;
  readonly requestId?: string;
}

/** The argument of the update `compensate`: by default the next attempt of the latest change. */
export interface CompensateRequest {
  readonly attempt?: number;
  readonly revision?: number;
  readonly requestId?: string;
}

/** The argument of the update `nameRun`: the one run of a request id. */
export interface RunNamed {
  readonly run: string;
  readonly requestId: string;
}

/** The order to stop and undo a change. */
export interface CancelOrder {
  readonly reason?: string;
}

/**
 * An agent that lacks its fleet's holds. `why` null: it accepted them, and they take effect, for
 * example after a drain.
 */
export interface UntoldAgent {
  readonly agent: string;
  readonly why: string | null;
}

/** The view of a fleet. */
export interface FleetView {
  readonly fleet: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly change: ChangeView | null;
  readonly holds: readonly Hold[];
  readonly agents: Readonly<Record<string, Pick<OwnedAgent, 'resourceId' | 'revision' | 'doubt'>>>;
  readonly spec: FleetSpec;
  /**
   * What turns took: in a description those of all agents so far, in the workflow's own view those
   * of agents that have ended. Absent where none reported usage.
   */
  readonly usage?: Usage;
  /** Agents that lack the current holds; absent where all have them. */
  readonly untold?: readonly UntoldAgent[];
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
}

/** The view of a fleet with its topology as a graph, for `describe fleet`, `-o json` and HTTP. */
export interface FleetDescription extends FleetView {
  readonly topology: TopologyView | null;
  /** The lost agents and pools, until an `apply` creates them again; empty while a change runs. */
  readonly lost: LostParts;
}

/** A fleet in a list, from visibility. */
export interface FleetListItem {
  readonly fleet: string;
  /** The revision of its last change. */
  readonly revision: number;
  /** How its last change ended, or `changing` while one runs. */
  readonly state: ChangeState | 'changing';
  /** The agents that it owns, and how many of them are ready. */
  readonly agents: number;
  readonly ready: number;
  readonly holds: readonly string[];
  /** Why its workflow does not answer, where the server reports it; null: no problem is known. */
  readonly problem: string | null;
}

/** The input of a `fleet` workflow's first run. */
export interface FleetInput {
  readonly v: 1;
  readonly fleet: string;
  /**
   * For tests: continue as new after this many history events; absent: at the server's suggestion.
   */
  readonly continueAfterEvents?: number;
  /**
   * For tests: split changes into parts of this many agents; absent: as many as fit in a history.
   */
  readonly agentsPerPart?: number;
}

/** The argument of the update `apply`. */
export interface ApplyRequest {
  readonly spec: FleetSpec;
  readonly expectRevision?: number;
  readonly requestId?: string;
  readonly dryRun?: boolean;
}

/**
 * The answer to `apply` and `destroy`, sent at acceptance. `changeId` null: nothing differs, or it
 * is a dry run.
 */
export interface ApplyResult {
  readonly revision: number;
  readonly changes: readonly PlannedChange[];
  /** The JSON paths of the fleet's own settings that differ (`topology.flows`). */
  readonly settings: readonly string[];
  /** The lost pools that are started again; absent without such pools. */
  readonly pools?: readonly PoolRepair[];
  readonly changeId: string | null;
  /**
   * For a dry run: the id map after the change, with `dry-run-<name>` for agents that it would
   * create.
   */
  readonly ids?: Readonly<Record<string, string>>;
}

/** Signal `agentGone`, agent to fleet: the agent has ended and its resource is destroyed. */
export interface AgentGone {
  readonly agent: string;
  readonly incarnation: string;
  readonly key: string;
}

/**
 * Signal `usageLeft`, agent to fleet: what the turns of an agent took that ends. `key` is that of
 * its resource, by which it counts once.
 */
export interface UsageLeft {
  readonly agent: string;
  readonly key: string;
  readonly usage: Usage;
}

/**
 * Signal `poolGone`, agent to fleet: the agent did not find its pool. A fleet that describes the
 * pool starts it again.
 */
export interface PoolGone {
  readonly pool: string;
}

/**
 * Signal `holdsChanged`, fleet to its running change: agents that the change creates from now on
 * have these holds.
 */
export interface HoldsChanged {
  readonly holds: readonly Hold[];
}

/** The signature of workflow `provision`. */
export type ProvisionWorkflow = (input: ProvisionInput) => Promise<ProvisionResult>;

/** The memo by which a fleet's workflow tells lists what search attributes do not hold. */
export const FLEET_MEMO = 'told';

/** The value of that memo; `state` null: no change has begun. */
export interface FleetTold {
  readonly revision: number;
  readonly state: FleetListItem['state'] | null;
  readonly agents: number;
}
