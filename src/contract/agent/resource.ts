/** The input of an agent's workflow: its resource, holds and configuration. */
import type { AgentSpec } from './spec';

/** A named reason not to run an agent. `since` is in ISO 8601. */
export interface Hold {
  readonly name: string;
  readonly reason: string | null;
  readonly since: string;
}

/** The credential of an agent. `assignment` grows with every new one. */
export interface AssignedSubscription {
  readonly pool: string;
  readonly name: string;
  readonly assignment: number;
}

/** The resource of an agent. `resourceId` is null until it is known; the key is always known. */
export interface ResourceRef {
  readonly resourceId: string | null;
  readonly key: string;
  readonly host?: string;
}

/**
 * The argument of `ensureAgent` and of the update `configure`. `reportTo` is the workflow that
 * waits for the agent to settle.
 */
export interface AgentConfiguration extends ResourceRef {
  readonly incarnation: string;
  readonly revision: number;
  readonly spec: AgentSpec;
  readonly reportTo?: string;
}

/**
 * The input of an `agent` workflow's first run. Later runs, after continue-as-new, have `state`
 * instead.
 */
export interface AgentInput extends AgentConfiguration {
  readonly v: 1;
  readonly fleet: string;
  readonly agent: string;
  readonly holds: readonly Hold[];
  /** The session of the agent that it replaces. */
  readonly session?: string;
  /** For tests: continue as new after this many history events, not at the server's suggestion. */
  readonly continueAfterEvents?: number;
}
