/** The activity interface: workflows call these by name through `proxyActivities<Activities>()`, activities/ implements them. */
import type {
  AgentConfiguration,
  AgentInput,
  AgentSpec,
  AgentView,
  AssignedSubscription,
  Hold,
  ProviderKind,
  ResourceRef,
} from './agent';
import type { TurnOutcome, TurnRequest } from './turns';

/** Whose resource, under which provider. */
export interface ResourceCall extends ResourceRef {
  readonly fleet: string;
  readonly agent: string;
  readonly provider: ProviderKind;
  readonly spec: AgentSpec;
}

/** Wake starts a new instance: its id goes to the agent as `DROVER_INSTANCE`, its assignment as `DROVER_ASSIGNMENT`. */
export interface WakeCall extends ResourceCall {
  readonly instanceId: string;
  readonly subscription: AssignedSubscription | null;
}

/** What the provider says of a resource. `detail`: in words, with the last lines of the log where it ended. */
export interface ResourceState {
  readonly state: 'absent' | 'stopped' | 'running' | 'paused' | 'exited';
  readonly exitCode: number | null;
  readonly pid: number | null;
  readonly detail: string | null;
}

/** Effects of the agent and provision workflows on a resource. On the queue of its host for `process`, on the main one otherwise. */
export interface ProviderActivities {
  /** Find-or-create by key. */
  createResource(call: ResourceCall): Promise<{ resourceId: string }>;
  /** Starts the instance; success when that instance, or any, already runs. */
  wakeResource(call: WakeCall): Promise<{ pid: number | null }>;
  suspendResource(call: ResourceCall): Promise<void>;
  continueResource(call: ResourceCall): Promise<void>;
  /** Polite stop, then kill after `graceMs`. Success when it does not run. */
  stopResource(call: ResourceCall & { readonly graceMs: number }): Promise<void>;
  /** By id where known and by key where not; leaves a tombstone on the key. `existed` false: there was nothing to undo. */
  destroyResource(call: ResourceCall): Promise<{ existed: boolean }>;
  inspectResource(call: ResourceCall): Promise<ResourceState>;
}

/** Which agent goes: that of this incarnation whose revision is at most `revision`, and at least `sinceRevision` where given. */
export interface RetireCall {
  readonly fleet: string;
  readonly agent: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly sinceRevision?: number;
  /** `drain` lets turns in flight finish first. */
  readonly mode: 'drain' | 'freeze';
}

/** Effects of the fleet and provision workflows on agents' workflows, and where to place. */
export interface FleetActivities {
  /** The worker's installation id, and the host of its process provider. */
  place(): Promise<{ installation: string; host: string }>;
  /** Starts the agent's workflow (USE_EXISTING), then sends `configure`; answers with its view. */
  ensureAgent(input: AgentInput): Promise<AgentView>;
  /** Terminates the agent and waits until its workflow is closed. `existed` false: there was none of these revisions. */
  retireAgent(call: RetireCall): Promise<{ existed: boolean }>;
  /** Sets or releases one hold on every named agent; unknown ones are skipped. */
  setHold(call: {
    readonly fleet: string;
    readonly agents: readonly string[];
    readonly hold: Hold;
    readonly held: boolean;
  }): Promise<void>;
}

/** What the turn activity needs beside the request. */
export interface TurnCall {
  readonly fleet: string;
  readonly agent: string;
  readonly endpoint: string;
  readonly request: TurnRequest;
}

/** Effects on an agent over its own endpoint; on the turns queue. */
export interface TurnActivities {
  /** `POST /turn`; transport failures are retried by policy, a 4xx is an outcome with `TurnRejected`. */
  takeTurn(call: TurnCall): Promise<TurnOutcome>;
}

/** What a finished turn asked to be undone, and of whom. */
export interface UndoCall {
  readonly fleet: string;
  readonly agent: string;
  readonly turnId: string;
  readonly undo: unknown;
}

/** The undo of finished turns, on the main queue. */
export interface UndoActivities {
  /** `POST /undo` at the agent's present endpoint. Throws `AgentUnavailable`, retryable, while the agent is not reached. */
  undoTurn(call: UndoCall): Promise<void>;
}

/** Everything a Drover worker offers. */
export interface Activities extends ProviderActivities, FleetActivities, TurnActivities, UndoActivities {}

/** What `configure` carries, as `ensureAgent` derives it from an agent's input. */
export function configurationOf(input: AgentInput): AgentConfiguration {
  const { incarnation, revision, spec, resourceId, key, host, reportTo } = input;
  return {
    incarnation,
    revision,
    spec,
    resourceId,
    key,
    ...(host === undefined ? {} : { host }),
    ...(reportTo === undefined ? {} : { reportTo }),
  };
}
