/** The activity interface: workflows call these by name through `proxyActivities<Activities>()`, activities/ implements them. */
import type { AgentConfiguration, AgentInput, AgentSpec, AgentView, Hold, ProviderKind, ResourceRef } from './agent';
import type { LostParts } from './ends';
import type { DroverEvent, NotifyInput, NotifySpec } from './event';
import type { SubscriptionSpec, UntoldAgent } from './fleet';
import type { HeldSubscription, SubscriptionFailure } from './agent/subscription';
import type { TurnOutcome, TurnRequest } from './agent/turns';

/** Whose resource, under which provider. */
export interface ResourceCall extends ResourceRef {
  readonly fleet: string;
  readonly agent: string;
  readonly provider: ProviderKind;
  readonly spec: AgentSpec;
  /** Reference to the secret that it uses now, which no text about it may show. */
  readonly secret?: string;
}

/** Wake starts a new instance: its id goes to the agent as `DROVER_INSTANCE`, its assignment as `DROVER_ASSIGNMENT`. */
export interface WakeCall extends ResourceCall {
  readonly instanceId: string;
  readonly subscription: HeldSubscription | null;
}

/** What the provider says of a resource. `detail`: in words, with the last lines of the log where it ended. */
export interface ResourceState {
  readonly state: 'absent' | 'stopped' | 'running' | 'paused' | 'exited';
  readonly exitCode: number | null;
  readonly pid: number | null;
  readonly detail: string | null;
}

/** `details.needs` of a create or wake that has failed, and succeeds after `prepareResource`. */
export const PREPARATION = 'preparation';

/** Effects of the agent and provision workflows on a resource. On the queue of its host for `process`, on the main one otherwise. */
export interface ProviderActivities {
  /** Find-or-create by key. */
  createResource(call: ResourceCall): Promise<{ resourceId: string }>;
  /** Makes ready what a create or a wake has failed without, which may take half an hour. */
  prepareResource(call: ResourceCall): Promise<void>;
  /** Starts the instance and leaves nothing of other ones; success when it already runs. */
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

/** Whose runs end, and why. */
export interface CancelRunsCall {
  readonly fleet: string;
  readonly reason: string;
}

/** What a fleet owns: names of its agents and pools. */
export interface LostCall {
  readonly fleet: string;
  readonly agents: readonly string[];
  readonly pools: readonly string[];
}

/** One hold for many agents. */
export interface HoldCall {
  readonly fleet: string;
  /** `isTaken`: the agent has taken it before, so what has become of that is looked at first. */
  readonly agents: readonly { readonly agent: string; readonly isTaken: boolean }[];
  /** Of this round of telling: a repeat of the activity is the same request. */
  readonly requestId: string;
  readonly hold: Hold;
  /** False: it is released. */
  readonly held: boolean;
}

/** Effects of the fleet and provision workflows on agents' workflows, and where to place. */
export interface FleetActivities {
  /** The worker's installation id, and the host of its process provider. */
  place(): Promise<{ installation: string; host: string }>;
  /** Starts the agent's workflow; where there is one already, sends it `configure`. */
  ensureAgent(input: AgentInput): Promise<Pick<AgentView, 'runtime'>>;
  /** Terminates the agent and waits until its workflow is closed. `existed` false: there was none of these revisions. */
  retireAgent(call: RetireCall): Promise<{ existed: boolean }>;
  /** Terminates the workflow of the agent where it is still open: it has been given up. */
  abandonAgent(call: RetireCall & { readonly why: string }): Promise<void>;
  /**
   * Watches a change that is to end: its workflow, or a part of it, is terminated where its task keeps failing. Returns when the change has
   * ended, by itself or so.
   */
  giveUpUnanswered(call: { readonly workflowId: string }): Promise<void>;
  /** Which of these agents and pools have no workflow that is open, and how each one ended. */
  findLost(call: LostCall): Promise<LostParts>;
  /** Cancels every run of a fleet that is destroyed, and waits until they have ended, for half a minute at most. */
  cancelRuns(call: CancelRunsCall): Promise<void>;
  /** Sets or releases one hold on every named agent, and says which it has not reached; those that are gone are skipped. */
  setHold(call: HoldCall): Promise<{ readonly untold: readonly UntoldAgent[] }>;
}

/** An agent whose health is checked, every setting in milliseconds. `renewMs`: how often its workflow hears what has not changed. */
export interface WatchedAgent {
  readonly agent: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that count. */
  readonly failures: number;
  readonly debounceMs: number;
  readonly renewMs: number;
}

/** Whom the health monitor looks after. */
export interface WatchCall {
  readonly fleet: string;
  readonly agents: readonly WatchedAgent[];
}

/** The health monitor, on its own queue. */
export interface MonitorActivities {
  /** `GET /healthz` of every agent in its rhythm, and `checkReported` to its workflow; returns after 10 minutes, and is started again. */
  watchHealth(call: WatchCall): Promise<void>;
}

/** What the turn activity needs beside the request. */
export interface TurnCall {
  readonly fleet: string;
  readonly agent: string;
  readonly endpoint: string;
  readonly request: TurnRequest;
  /** The workflow that waits for the answer. */
  readonly replyTo: string;
  /** The reference to the secret that the agent works with (`env:NAME`, `file:path`): no error says what is behind it. */
  readonly secret?: string;
}

/**
 * How a turn ended, and what that says of the credential it was taken with, where it says anything. `delivered`: whoever waits for it has
 * been told already.
 */
export type TurnResult = TurnOutcome & { readonly failure?: SubscriptionFailure; readonly delivered?: true };

/** Effects on an agent over its own endpoint; on the turns queue. */
export interface TurnActivities {
  /** `POST /turn`; transport failures are retried by policy, a 4xx is an outcome with `TurnRejected`. */
  takeTurn(call: TurnCall): Promise<TurnResult>;
}

/** A new credential for a running agent. */
export interface CredentialCall {
  readonly fleet: string;
  readonly agent: string;
  readonly endpoint: string | null;
  readonly subscription: HeldSubscription;
}

/** Whether the agent uses the new credential; else in words why it does not. */
export interface CredentialResult {
  readonly reloaded: boolean;
  readonly why: string | null;
}

/** The pools that a fleet's file describes, and those that it has left. */
export interface PoolsCall {
  readonly fleet: string;
  readonly pools: readonly SubscriptionSpec[];
  readonly left: readonly string[];
  readonly notify: readonly NotifySpec[];
}

/** Effects of subscriptions. */
export interface SubscriptionActivities {
  /** Resolves the secret and gives it to the agent, `POST /credentials`, on the queue of its provider. Throws where the secret cannot be resolved. */
  reloadCredential(call: CredentialCall): Promise<CredentialResult>;
  /** Starts or configures every pool, and leaves the others. */
  configurePools(call: PoolsCall): Promise<void>;
}

/** One event for those that want it. */
export interface RaiseCall {
  readonly event: DroverEvent;
  readonly targets: readonly NotifySpec[];
}

/** Effects of notifications, on the main queue. */
export interface NotificationActivities {
  /** Starts one `notify` workflow per target; a repeat starts none anew. */
  raiseEvent(call: RaiseCall): Promise<void>;
  /** Posts the event, signed after Standard Webhooks. Throws, retryable but for 410, unless it is answered with 2xx. */
  postWebhook(call: NotifyInput): Promise<void>;
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

/** One message from a workflow to another, known by its id alone. */
export interface SignalCall {
  readonly workflowId: string;
  /** The signal's name. */
  readonly signal: string;
  readonly argument: unknown;
}

/** `gone`: the receiver is closed, was never there, or takes no more. */
export type Delivery = 'delivered' | 'gone';

/** Messages between workflows; local activities of whatever worker runs the sender (decision 15). */
export interface SignalActivities {
  signalWorkflow(call: SignalCall): Promise<Delivery>;
}

/** What a run or a branch asks of those below it; a local activity as well. */
export interface FamilyActivities {
  /** Whether the id is that of a branch, open or ended; false for a workflow of another type. */
  isBranch(call: { readonly workflowId: string }): Promise<boolean>;
}

/** The gateway, asked by the workers; on the main queue. */
export interface GatewayActivities {
  /** For how many milliseconds the gateway has been able to hear beats and pass them on; null: none answers. Never throws. */
  askGateway(): Promise<{ readonly listeningMs: number | null }>;
}

/** Everything a Drover worker offers. */
export interface Activities
  extends
    ProviderActivities,
    FleetActivities,
    MonitorActivities,
    TurnActivities,
    UndoActivities,
    SubscriptionActivities,
    NotificationActivities,
    SignalActivities,
    FamilyActivities,
    GatewayActivities {}

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
