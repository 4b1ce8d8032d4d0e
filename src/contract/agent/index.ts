/** The agent entity: its three axes, its specification, its commands, beats and view. All shapes are plain JSON. */
import type { Duration } from '../duration';
import type { ErrorBody } from '../errors';
import type { NotifySpec } from '../event';
import type { Trouble } from '../trouble';

/** What the control plane has decided. */
export type AgentStatus = 'pending' | 'running' | 'paused' | 'stopped' | 'failed' | 'terminated';
/** What the provider did last. */
export type Runtime = 'stopped' | 'starting' | 'running' | 'paused' | 'stopping' | 'crashed';
/** What beats and checks prove. */
export type Liveness = 'starting' | 'ready' | 'degraded' | 'offline';

/** The provider kinds a fleet file may name; `memory` exists in tests and benches only and is refused by the fleet file. */
export type ProviderKind = 'process' | 'docker' | 'external' | 'memory';

/** A process agent: command line, working directory (absolute once the CLI has resolved it), and the whole of its own environment. */
export interface ProcessSpec {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A container agent. `memory` as `512m`, `cpus` as a number of cores. */
export interface DockerSpec {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly network?: string;
  readonly memory?: string;
  readonly cpus?: number;
}

/** Someone else's service; `{}` means that the first beat makes it ready. `secret` is a reference (`env:NAME`, `file:path`). */
export interface ExternalSpec {
  readonly create?: string;
  readonly wake?: string;
  readonly destroy?: string;
  readonly secret?: string;
}

/** How many turns an agent takes at once, how many wait, how long one may take, how long an offline agent's turns wait. */
export interface TurnsSpec {
  readonly maxParallel?: number;
  readonly queue?: number;
  readonly timeout?: Duration;
  readonly unavailableTimeout?: Duration;
}

/** The optional health monitor. */
export interface HealthCheckSpec {
  readonly every?: Duration;
  readonly timeout?: Duration;
  readonly failures?: number;
  readonly debounce?: Duration;
}

/** Beats and what their absence means (docs/lifecycle.md, "Liveness"). */
export interface LivenessSpec {
  readonly heartbeatEvery?: Duration;
  readonly staleAfter?: Duration;
  readonly startupGrace?: Duration;
  readonly readyTimeout?: Duration;
  readonly healthCheck?: HealthCheckSpec;
}

/** Restart policy (docs/lifecycle.md, "Restart policy"). */
export interface RestartSpec {
  readonly on?: 'never' | 'failure' | 'always';
  readonly maxAttempts?: number;
  readonly window?: Duration;
  readonly backoff?: { readonly initial?: Duration; readonly max?: Duration };
}

/** Which pool an agent's credential is from; the rest is the pool's (`SubscriptionSpec`) unless the agent has its own. */
export interface AgentSubscriptionSpec {
  readonly pool: string;
  readonly inject?: { readonly env: string };
  readonly autoSwitch?: boolean;
  readonly drainTimeout?: Duration;
  readonly apply?: 'hot' | 'restart';
}

/** Who vouches for a specification: the id of a key, and the HMAC-SHA256 made with it (docs/security.md). */
export interface SpecSignature {
  /** 16 hexadecimal digits. */
  readonly keyId: string;
  /** In base64url, 43 characters. */
  readonly hmac: string;
}

/** One agent of a fleet file. In its own workflow the fleet's `liveness`, `restart`, `notify` and its pool's settings are merged in. */
export interface AgentSpec {
  readonly name: string;
  readonly provider: ProviderKind;
  readonly process?: ProcessSpec;
  readonly docker?: DockerSpec;
  readonly external?: ExternalSpec;
  readonly turns?: TurnsSpec;
  readonly subscription?: AgentSubscriptionSpec;
  /** Webhooks of its own in place of the fleet's. */
  readonly notify?: readonly NotifySpec[];
  readonly liveness?: LivenessSpec;
  readonly restart?: RestartSpec;
  /** Of everything else here, as it is in the agent's own workflow; hosts ask for it where a program runs on them. */
  readonly signature?: SpecSignature;
}

/** A named reason for which an agent may not run. */
export interface Hold {
  readonly name: string;
  readonly reason: string | null;
  readonly since: string;
}

/** The subscription an agent is on; `assignment` only grows. */
export interface AssignedSubscription {
  readonly pool: string;
  readonly name: string;
  readonly assignment: number;
}

/** Where an agent's resource lives. `resourceId` null: not yet known, only its key is. */
export interface ResourceRef {
  readonly resourceId: string | null;
  readonly key: string;
  readonly host?: string;
}

/** What `ensureAgent` and the agent's `configure` update carry. `reportTo` is the workflow that waits for the agent to settle. */
export interface AgentConfiguration extends ResourceRef {
  readonly incarnation: string;
  readonly revision: number;
  readonly spec: AgentSpec;
  readonly reportTo?: string;
}

/** The input of an `agent` workflow's first run; `state` is there only on the runs after it (continue-as-new). */
export interface AgentInput extends AgentConfiguration {
  readonly v: 1;
  readonly fleet: string;
  readonly agent: string;
  readonly holds: readonly Hold[];
  /** Tests and soaks force continue-as-new with it: history events in place of the server's suggestion; carried along. */
  readonly continueAfterEvents?: number;
}

/**
 * How many times within `staleAfter` the gateway and the health monitor renew what an agent's workflow
 * knows: two renewals may be lost before the agent counts as silent.
 */
export const RENEWALS = 3;

/** A heartbeat (docs/lifecycle.md, "Liveness"). `endpoint` is the http(s) URL at which the agent takes turns. */
export interface Heartbeat {
  readonly instanceId: string;
  readonly seq?: number;
  readonly status: 'starting' | 'ready' | 'degraded' | 'stopping';
  readonly endpoint?: string;
  readonly load?: number;
}

/** A beat as an agent's workflow hears it. `via`: it came through a gateway, which can be asked whether it listens. */
export interface ForwardedHeartbeat extends Heartbeat {
  readonly via?: 'gateway';
}

/** What the health monitor reports (signal `checkReported`); `at` is when the check was made, in UTC. */
export interface CheckReported {
  readonly instanceId: string;
  readonly passed: boolean;
  readonly at: string;
}

/** Drain lets turns in flight finish, freeze does not wait. */
export type PauseMode = 'drain' | 'freeze';

/** What every command takes. The same `requestId` again is the same request; `wait: false` answers at once, with the state reached. */
export interface RequestOptions {
  readonly requestId?: string;
  readonly wait?: boolean;
}

/** Commands, their options and nothing else: each is one JSON object. */
export interface PauseOptions extends RequestOptions {
  readonly hold?: string;
  readonly reason?: string;
  readonly mode?: PauseMode;
  readonly drainTimeout?: Duration;
}
export interface ResumeOptions extends RequestOptions {
  readonly hold?: string;
  readonly cancelPending?: boolean;
}
export interface StopOptions extends RequestOptions {
  readonly grace?: Duration;
}
export type StartOptions = RequestOptions;
export interface RestartOptions extends RequestOptions {
  readonly reason?: string;
  readonly mode?: PauseMode;
}
export type TerminateOptions = RequestOptions;
export interface HoldOptions extends RequestOptions {
  readonly hold: string;
  readonly reason?: string;
}
export interface ReleaseOptions extends RequestOptions {
  readonly hold: string;
}

/** The names of the agent's commands: update names, CLI verbs and HTTP paths alike. */
export const AGENT_COMMANDS = ['pause', 'resume', 'stop', 'start', 'restart', 'terminate', 'hold', 'release'] as const;
export type AgentCommand = (typeof AGENT_COMMANDS)[number];

/** Each command with its options. */
export interface AgentCommandOptions {
  pause: PauseOptions;
  resume: ResumeOptions;
  stop: StopOptions;
  start: StartOptions;
  restart: RestartOptions;
  terminate: TerminateOptions;
  hold: HoldOptions;
  release: ReleaseOptions;
}

/** How far a command has come when its update answers (on its effect, or after 5 s). */
export type CommandState = 'done' | 'pausing' | 'resuming' | 'stopping' | 'starting' | 'terminating';

/** What every agent update returns. */
export interface CommandResult {
  readonly requestId: string | null;
  readonly changed: boolean;
  readonly state: CommandState;
  readonly agent: AgentView;
}

/** One decision of the agent's workflow: who, what, when, before, after, why. */
export interface Decision {
  readonly at: string;
  readonly by: string;
  readonly what: string;
  readonly accepted: boolean;
  readonly before: string;
  readonly after: string;
  readonly why: string | null;
}

/** The same JSON in the `describe` query, under `-o json`, and over HTTP. Times are ISO 8601 in UTC. */
export interface AgentView {
  readonly fleet: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly runtime: Runtime;
  readonly liveness: Liveness;
  readonly holds: readonly Hold[];
  readonly turns: { readonly inFlight: number; readonly queued: number };
  readonly provider: ProviderKind;
  readonly resourceId: string | null;
  readonly pid?: number;
  readonly host?: string;
  readonly instanceId: string | null;
  readonly endpoint: string | null;
  readonly subscription: AssignedSubscription | null;
  readonly registeredAt: string | null;
  readonly lastProofAt: string | null;
  /** Of the fleet that owns it. */
  readonly incarnation: string;
  readonly revision: number;
  /** How often it should beat, and when silence means that it is gone, in milliseconds: what the gateway coalesces beats by. */
  readonly beats: { readonly everyMs: number; readonly staleAfterMs: number };
  /** One sentence: why the agent is not working, if it is not, and which command or event would change that; else null. */
  readonly why: string | null;
  /** What its workflow has not managed yet; absent where all is well. */
  readonly troubles?: readonly Trouble[];
  readonly decisions?: readonly Decision[];
}

/** The state, in a list, of what does not answer. */
export type Unknown = 'unknown';

/** What visibility holds of an agent: an item of a list. */
export interface AgentListItem {
  readonly fleet: string;
  readonly name: string;
  /** `unknown` while its workflow does not answer: what it said last may long be untrue. */
  readonly status: AgentStatus | Unknown;
  readonly liveness: Liveness | Unknown;
  readonly holds: readonly string[];
  readonly subscription: string | null;
  /** Why its workflow does not answer at the moment, where the server reports it; null: nothing is known of that. */
  readonly problem: string | null;
}

/** What a refused command carries in `details[0]` of its failure, beside code and message. */
export interface RefusalDetails extends ErrorBody {
  readonly current: {
    readonly status: AgentStatus;
    readonly runtime: Runtime;
    readonly liveness: Liveness;
    readonly holds: readonly string[];
  };
  readonly allowed: readonly AgentCommand[];
}

/** An agent tells whoever provisions it how its start ended (signal `agentReported` to `reportTo`, repeated on every `configure`). */
export interface AgentReport {
  readonly agent: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly outcome: 'ready' | 'failed';
  /** Why, for `failed`: what the provider knows, with the last lines of the log. */
  readonly error: string | null;
  readonly pid?: number;
}
