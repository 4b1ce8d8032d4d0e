/** A change of a fleet: its plan, the input and result of its workflow, and its view. */
import type { AgentSpec, Hold, ProviderKind, ResourceRef } from '../agent';
import type { Trouble } from '../trouble';
import type { CompensationRecord } from './compensation';
import type { ProvisioningSpec } from './spec';

/**
 * The kinds of changes to an agent. `update` is hot: it configures the running agent and keeps its
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

/**
 * A field that a plan changes, with its values as JSON of at most 160 bytes; null: absent. Texts of
 * variables and other possible secrets are `***`, references stay. `agent` null: the fleet's own
 * setting.
 */
export interface PlannedDifference {
  readonly agent: string | null;
  readonly field: string;
  readonly old: string | null;
  readonly new: string | null;
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
   * The owned agent with its specification; for a create, the remains of an agent without a
   * workflow; else null.
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
   * If given, the workflow changes nothing and only compensates this record, whose attempt has
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

/** How a change stands. `kept`: it failed, and `onFailure: keep` left what it had made. */
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

/** The signature of workflow `provision`. */
export type ProvisionWorkflow = (input: ProvisionInput) => Promise<ProvisionResult>;
