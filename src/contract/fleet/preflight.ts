/** The check of agents before the first step of a change (docs/provisioning.md, "Before the first step"). */
import type { AgentSpec, SpecSignature } from '../agent';
import type { SubscriptionSpec } from './spec';

/** An agent to check. */
export interface PreflightItem {
  readonly spec: AgentSpec;
  /** `program`: what its host needs to start it. `webhooks`: the secrets of its webhooks. */
  readonly checks: readonly ('program' | 'webhooks')[];
}

/** Agents that a change is about to create, for one worker. Without agents, it only asks whether the worker answers. */
export interface PreflightCall {
  readonly fleet: string;
  readonly agents: readonly PreflightItem[];
  /** The pools of the fleet file that these agents use. */
  readonly pools: readonly Pick<SubscriptionSpec, 'pool' | 'credentials'>[];
  /** Set by a plan; absent in the check of a change, which began with the approval. */
  readonly approvable?: Approvable;
}

/**
 * The references that an `apply` of a plan would approve first. Until then a worker resolves them
 * with a signature by the keys of its installation only; without one it does not look at those that
 * it may not resolve.
 */
export interface Approvable {
  readonly references: readonly string[];
  readonly signature?: SpecSignature;
}

/** The missing parts of one agent: every field with its remedy, in one text. */
export interface Unmet {
  readonly agent: string;
  readonly why: string;
  /** The worker refuses the agent or a reference; absent if something is missing. */
  readonly code?: 'Forbidden';
}

/** The check of a change, on the queue of the host that would start the agents. */
export interface PreflightActivities {
  /** Resolves every reference, and looks for every program, folder and image. Changes nothing. */
  checkAgents(call: PreflightCall): Promise<{ readonly unmet: readonly Unmet[] }>;
}
