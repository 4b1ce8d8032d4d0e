/** Activities on resources: calls to a provider, and questions to its host. */
import type { AgentSpec, ProviderKind, ResourceRef } from '../agent';
import type { LogPartRequest } from '../agent/log';
import type { HeldSubscription } from '../agent/subscription';

/** The resource of a call, with its provider and its agent. */
export interface ResourceCall extends ResourceRef {
  readonly fleet: string;
  readonly agent: string;
  readonly provider: ProviderKind;
  readonly spec: AgentSpec;
  /** The reference to the secret that the agent uses now; no message may show the secret. */
  readonly secret?: string;
}

/**
 * Starts a new instance. The agent receives its id as `DROVER_INSTANCE`, its assignment as
 * `DROVER_ASSIGNMENT`, its session as `DROVER_SESSION`.
 */
export interface WakeCall extends ResourceCall {
  readonly instanceId: string;
  readonly subscription: HeldSubscription | null;
  readonly session?: string;
}

/**
 * The state of a resource according to its provider. `detail` is one line: how it ended, with the
 * line of its log that names the cause. `log` has the last lines of the log of an ended one; they
 * may hold contents of turns.
 */
export interface ResourceState {
  readonly state: 'absent' | 'stopped' | 'running' | 'paused' | 'exited';
  readonly exitCode: number | null;
  readonly pid: number | null;
  readonly detail: string | null;
  readonly log?: string;
}

/**
 * The value of `details.needs` if a create or a wake fails and succeeds after `prepareResource`.
 */
export const PREPARATION = 'preparation';

/**
 * Effects on a resource, for the agent and provision workflows. They run on the queue of the host
 * for `process`, else on the main queue.
 */
export interface ProviderActivities {
  /** Finds the resource by its key, or creates it. */
  createResource(call: ResourceCall): Promise<{ resourceId: string }>;
  /** Prepares what a failed create or wake needs, such as an image. It may take half an hour. */
  prepareResource(call: ResourceCall): Promise<void>;
  /** Starts the instance and ends every other one. Succeeds if it already runs. */
  wakeResource(call: WakeCall): Promise<{ pid: number | null }>;
  suspendResource(call: ResourceCall): Promise<void>;
  continueResource(call: ResourceCall): Promise<void>;
  /** Stops the instance, and kills it after `graceMs`. Succeeds if it does not run. */
  stopResource(call: ResourceCall & { readonly graceMs: number }): Promise<void>;
  /**
   * Destroys by id, or by key if the id is unknown, and leaves a tombstone for the key.
   * `existed` false: nothing was there.
   */
  destroyResource(call: ResourceCall): Promise<{ existed: boolean }>;
  inspectResource(call: ResourceCall): Promise<ResourceState>;
}

/** A part of an agent's log. */
export interface LogCall extends ResourceCall {
  readonly request: LogPartRequest;
}

/** Questions to the worker of a host, which a client asks without a workflow. */
export interface HostActivities {
  /**
   * Reads a part of a log. The answer is a `LogPart` as JSON without secrets, sealed with the agents'
   * secret (src/lib/sealed.ts): Temporal keeps it for a while.
   */
  readLog(call: LogCall): Promise<{ readonly sealed: string }>;
}
