/**
 * The interfaces of all activities. Workflows call them through `proxyActivities`; activities/
 * implements them.
 */
import type { AgentConfiguration, AgentInput, AgentSpec, AgentView, Hold, ProviderKind, ResourceRef } from './agent';
import type { LogPartRequest } from './agent/log';
import type { LostParts } from './ends';
import type { DroverEvent, NotifyInput, NotifySpec } from './event';
import type { SubscriptionSpec, UntoldAgent } from './fleet';
import type { HeldSubscription, SubscriptionFailure } from './agent/subscription';
import type { TurnOutcome, TurnRequest, TurnRetry } from './agent/turns';
import type { PreflightActivities } from './fleet/preflight';
import type { RunPlan } from './run';
import type { TurnRecordActivities } from './run/turn-record';

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
 * The value of `details.needs` where a create or a wake fails and succeeds after `prepareResource`.
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
  /** Starts the instance and ends every other one. Succeeds where it already runs. */
  wakeResource(call: WakeCall): Promise<{ pid: number | null }>;
  suspendResource(call: ResourceCall): Promise<void>;
  continueResource(call: ResourceCall): Promise<void>;
  /** Stops the instance, and kills it after `graceMs`. Succeeds where it does not run. */
  stopResource(call: ResourceCall & { readonly graceMs: number }): Promise<void>;
  /**
   * Destroys by id, or by key where the id is unknown, and leaves a tombstone for the key.
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

/**
 * The agent to retire: one of this incarnation with a revision up to `revision`, and from
 * `sinceRevision` on where given.
 */
export interface RetireCall {
  readonly fleet: string;
  readonly agent: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly sinceRevision?: number;
  /** `drain` lets turns in flight finish first. */
  readonly mode: 'drain' | 'freeze';
}

/** The fleet whose runs are cancelled, and why. */
export interface CancelRunsCall {
  readonly fleet: string;
  readonly reason: string;
}

/** The agents and pools of a fleet, by name. */
export interface LostCall {
  readonly fleet: string;
  readonly agents: readonly string[];
  readonly pools: readonly string[];
}

/** One hold for many agents. */
export interface HoldCall {
  readonly fleet: string;
  /**
   * `isTaken`: the agent accepted the hold in an earlier round, so its current state is checked
   * first.
   */
  readonly agents: readonly { readonly agent: string; readonly isTaken: boolean }[];
  /** The request id of this round; a retry of the activity repeats the same request. */
  readonly requestId: string;
  readonly hold: Hold;
  /** True sets the hold, false releases it. */
  readonly held: boolean;
}

/** Effects on agents' workflows and runs, for the fleet and provision workflows. */
export interface FleetActivities {
  /** The worker's installation id, and the host of its process provider. */
  place(): Promise<{ installation: string; host: string }>;
  /** Starts the agent's workflow, or sends `configure` to the one that runs. */
  ensureAgent(input: AgentInput): Promise<Pick<AgentView, 'runtime'>>;
  /**
   * Terminates the agent and waits until its workflow is closed. `existed` false: no agent of these
   * revisions exists.
   */
  retireAgent(call: RetireCall): Promise<{ existed: boolean }>;
  /**
   * Lets an agent go on whose removal was broken off while it drained. `kept` false: it has ended,
   * or is ending.
   */
  keepAgent(call: RetireCall): Promise<{ readonly kept: boolean }>;
  /** Terminates the workflow of an agent that was given up, where it is still open. */
  abandonAgent(call: RetireCall & { readonly why: string }): Promise<void>;
  /**
   * Watches a change that must end, and terminates its workflow or a part of it where the workflow
   * task keeps failing. Returns when the change has ended.
   */
  giveUpUnanswered(call: { readonly workflowId: string }): Promise<void>;
  /**
   * Asks the fleet about one of its changes. `over`: the change has ended for the fleet. False also
   * where this incarnation of the fleet does not exist, because nothing is owned then.
   */
  askChange(call: {
    readonly fleet: string;
    readonly incarnation: string;
    readonly revision: number;
  }): Promise<{ readonly over: boolean }>;
  /** Finds the agents and pools without an open workflow, with the end of each. */
  findLost(call: LostCall): Promise<LostParts>;
  /** What the fleet gives to a run that was started without a topology. */
  planRun(call: { readonly fleet: string }): Promise<RunPlan>;
  /** Cancels every run of a destroyed fleet and waits for their ends, up to half a minute. */
  cancelRuns(call: CancelRunsCall): Promise<void>;
  /**
   * Sets or releases a hold on every named agent, and returns those that it did not reach. Agents
   * that are gone are skipped.
   */
  setHold(call: HoldCall): Promise<{ readonly untold: readonly UntoldAgent[] }>;
}

/**
 * An agent with health checks; durations in milliseconds. `renewMs`: how often an unchanged result
 * is reported again.
 */
export interface WatchedAgent {
  readonly agent: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** The number of failures in a row that counts as one. */
  readonly failures: number;
  readonly debounceMs: number;
  readonly renewMs: number;
}

/** The agents that the health monitor checks. */
export interface WatchCall {
  readonly fleet: string;
  readonly agents: readonly WatchedAgent[];
}

/** The health monitor, on its own queue. */
export interface MonitorActivities {
  /**
   * Calls `GET /healthz` of every agent at its interval and sends `checkReported`. Returns after 10
   * minutes and is started again.
   */
  watchHealth(call: WatchCall): Promise<void>;
}

/** The input of the turn activity. */
export interface TurnCall {
  readonly fleet: string;
  readonly agent: string;
  readonly endpoint: string;
  readonly request: TurnRequest;
  /** The workflow that waits for the answer. */
  readonly replyTo: string;
  /**
   * The reference to the secret of the agent (`env:NAME`, `file:path`); no error shows the secret.
   */
  readonly secret?: string;
  /** The references of its variables; no error shows their secrets either. Absent where it has none. */
  readonly references?: readonly string[];
}

/**
 * How a turn ended. `failure` is the failure of its credential, if it failed. `delivered`:
 * the activity itself has sent the answer to the branch.
 */
export type TurnResult = TurnOutcome & {
  readonly failure?: SubscriptionFailure;
  /** Set where the turn failed in a way that its agent's `turns.retry` may repeat. */
  readonly retry?: TurnRetry;
  readonly delivered?: true;
};

/** Effects on an agent over its own endpoint, on the turns queue. */
export interface TurnActivities {
  /**
   * Calls `POST /turn`. The retry policy repeats transport failures; a 4xx is an outcome with
   * `TurnRejected`.
   */
  takeTurn(call: TurnCall): Promise<TurnResult>;
}

/** A new credential for a running agent. */
export interface CredentialCall {
  readonly fleet: string;
  readonly agent: string;
  readonly endpoint: string | null;
  readonly subscription: HeldSubscription;
}

/** Whether the agent uses the new credential, and otherwise why not. */
export interface CredentialResult {
  readonly reloaded: boolean;
  readonly why: string | null;
}

/** The pools of a fleet file, and those that the fleet has left. */
export interface PoolsCall {
  readonly fleet: string;
  readonly pools: readonly SubscriptionSpec[];
  readonly left: readonly string[];
  readonly notify: readonly NotifySpec[];
}

/** Effects of subscriptions. */
export interface SubscriptionActivities {
  /**
   * Resolves the secret and sends it to the agent with `POST /credentials`. Throws where it cannot
   * resolve the secret.
   */
  reloadCredential(call: CredentialCall): Promise<CredentialResult>;
  /** Starts or configures the pools of the file, and leaves the others. */
  configurePools(call: PoolsCall): Promise<void>;
}

/** One event and its webhooks. */
export interface RaiseCall {
  readonly event: DroverEvent;
  readonly targets: readonly NotifySpec[];
}

/** Effects of notifications, on the main queue. */
export interface NotificationActivities {
  /** Starts one `notify` workflow per target; a retry starts no second one. */
  raiseEvent(call: RaiseCall): Promise<void>;
  /**
   * Posts the event, signed as in Standard Webhooks. Throws unless the answer is 2xx; only 410 is
   * not retryable.
   */
  postWebhook(call: NotifyInput): Promise<void>;
}

/** The undo of a finished turn, and its agent. */
export interface UndoCall {
  readonly fleet: string;
  readonly agent: string;
  readonly turnId: string;
  readonly undo: unknown;
}

/** The undo of finished turns, on the main queue. */
export interface UndoActivities {
  /**
   * Calls `POST /undo` at the agent's current endpoint. Throws `AgentUnavailable`, retryable, while
   * the agent cannot be reached.
   */
  undoTurn(call: UndoCall): Promise<void>;
}

/** A signal from one workflow to another one, addressed by workflow id. */
export interface SignalCall {
  readonly workflowId: string;
  /** The signal's name. */
  readonly signal: string;
  readonly argument: unknown;
}

/**
 * The outcome of a signal. `gone`: the receiver is closed, does not exist, or accepts no more
 * signals.
 */
export type Delivery = 'delivered' | 'gone';

/**
 * Signals between workflows; local activities of the sender's worker
 * (docs/decisions/0015-a-branch-sends-within-its-task.md).
 */
export interface SignalActivities {
  signalWorkflow(call: SignalCall): Promise<Delivery>;
}

/** Questions of a run or a branch about branches below it; local activities. */
export interface FamilyActivities {
  /** Whether the id belongs to a branch, open or closed; false for another workflow type. */
  isBranch(call: { readonly workflowId: string }): Promise<boolean>;
}

/** The service of a turn. */
export interface ReplicaCall {
  readonly fleet: string;
  readonly service: string;
  /** Replicas that have refused the turn. */
  readonly not: readonly string[];
}

/** The choice of replicas, on the main queue. */
export interface ReplicaActivities {
  /** The replica with the shortest queue, as last told; null: none of them takes turns. */
  pickReplica(call: ReplicaCall): Promise<{ readonly agent: string | null }>;
}

/** Questions of the workers to the gateway, on the main queue. */
export interface GatewayActivities {
  /**
   * For how many milliseconds the gateway has been receiving and forwarding beats; null: it does
   * not answer; below zero: it vouches for the agent's beats for that long from now on. Never
   * throws.
   */
  askGateway(): Promise<{ readonly listeningMs: number | null }>;
}

/** All activities of a Drover worker. */
export interface Activities
  extends
    ProviderActivities,
    PreflightActivities,
    HostActivities,
    TurnRecordActivities,
    FleetActivities,
    MonitorActivities,
    TurnActivities,
    UndoActivities,
    SubscriptionActivities,
    NotificationActivities,
    SignalActivities,
    FamilyActivities,
    ReplicaActivities,
    GatewayActivities {}

/** The argument of `configure`, derived from an agent's input. */
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
