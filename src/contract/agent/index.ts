/**
 * The agent: its status, runtime and liveness, its specification, commands, beats and view. All
 * shapes are plain JSON.
 */
import type { Duration } from '../duration';
import type { ErrorBody } from '../errors';
import type { NotifySpec } from '../event';
import type { Trouble } from '../trouble';
import type { Usage } from '../usage';
import type { OpenTurn } from './open-turn';

/** The desired state, which the control plane has decided. */
export const AGENT_STATUSES = ['pending', 'running', 'paused', 'stopped', 'failed', 'terminated'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];
/** The actual state, after the last call of the provider. */
export const RUNTIMES = ['stopped', 'starting', 'running', 'paused', 'stopping', 'crashed'] as const;
export type Runtime = (typeof RUNTIMES)[number];
/** The state that beats and health checks prove. */
export const LIVENESSES = ['starting', 'ready', 'degraded', 'offline'] as const;
export type Liveness = (typeof LIVENESSES)[number];

/**
 * The status as a person says it: a change that is under way (`pausing`, `restarting`) instead of
 * the status that it leads to.
 */
export type AgentPhase = AgentStatus | 'pausing' | 'resuming' | 'starting' | 'stopping' | 'terminating' | 'restarting';

/**
 * The kinds of providers. `memory` exists only in tests and benchmarks; a fleet file may not name
 * it.
 */
export const PROVIDERS = ['process', 'docker', 'external', 'memory'] as const;

/** A kind of provider. */
export type ProviderKind = (typeof PROVIDERS)[number];

/**
 * A process agent: command line, working directory (the CLI makes it absolute), its own environment
 * variables (contract/agent/references.ts), and the names of the worker's that it receives too.
 */
export interface ProcessSpec {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly passEnv?: readonly string[];
}

/** A container agent: `env` and `passEnv` as of a process, `memory` as `512m`, `cpus` as a number of cores. */
export interface DockerSpec {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly passEnv?: readonly string[];
  readonly network?: string;
  readonly memory?: string;
  readonly cpus?: number;
}

/**
 * A service outside of Drover. With `{}`, its first beat makes it ready. `secret` is a reference
 * (`env:NAME`, `file:path`).
 */
export interface ExternalSpec {
  readonly create?: string;
  readonly wake?: string;
  readonly destroy?: string;
  readonly secret?: string;
}

/**
 * The turns of an agent: how many run at once, how many wait, how long one may take, and how long
 * turns wait for an offline agent.
 */
export interface TurnsSpec {
  readonly maxParallel?: number;
  readonly queue?: number;
  readonly timeout?: Duration;
  readonly unavailableTimeout?: Duration;
  /** How many crashes of the agent's process during one turn end that turn. */
  readonly crashLimit?: number;
  readonly retry?: TurnRetrySpec;
}

/** Why a turn may be asked again: `error` is a `fail` or a refusal of the agent. */
export const RETRY_REASONS = ['error', 'timeout', '5xx', 'rate_limit'] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

/** Pauses before repeats: the first one, doubled each time, up to the longest. */
export interface BackoffSpec {
  readonly initial?: Duration;
  readonly max?: Duration;
}

/** When a failed turn is asked again. `attempts` counts the first one too. */
export interface TurnRetrySpec {
  readonly attempts?: number;
  readonly backoff?: BackoffSpec;
  readonly on?: readonly RetryReason[];
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

/** Which ends an agent is restarted after: each word includes those before it. `offline`: it is silent for `staleAfter`. */
export const RESTART_ON = ['never', 'failure', 'offline', 'always'] as const;
export type RestartOn = (typeof RESTART_ON)[number];

/** Restart policy (docs/lifecycle.md, "Restart policy"). */
export interface RestartSpec {
  readonly on?: RestartOn;
  readonly maxAttempts?: number;
  readonly window?: Duration;
  readonly backoff?: BackoffSpec;
}

/**
 * The pool of an agent's credential. Other settings come from the pool (`SubscriptionSpec`) where
 * the agent has none.
 */
export interface AgentSubscriptionSpec {
  readonly pool: string;
  readonly inject?: { readonly env: string };
  readonly autoSwitch?: boolean;
  readonly drainTimeout?: Duration;
  readonly apply?: 'hot' | 'restart';
}

/**
 * The signature of a specification: the id of a key, and the HMAC-SHA256 with it
 * (docs/security.md).
 */
export interface SpecSignature {
  /** 16 hexadecimal digits. */
  readonly keyId: string;
  /** In base64url, 43 characters. */
  readonly hmac: string;
}

/**
 * One agent of a fleet file. For its workflow, the fleet's `liveness`, `restart` and `notify` and
 * its pool's settings are merged in.
 */
export interface AgentSpec {
  readonly name: string;
  readonly provider: ProviderKind;
  readonly process?: ProcessSpec;
  readonly docker?: DockerSpec;
  readonly external?: ExternalSpec;
  readonly turns?: TurnsSpec;
  readonly subscription?: AgentSubscriptionSpec;
  /** In a file: this agent stands for `<name>-1` to `<name>-<replicas>`, and its name for all of them. */
  readonly replicas?: number;
  /** In the specification of a replica: the name of its agent in the file. */
  readonly replicaOf?: string;
  /** Its own webhooks, in place of the fleet's. */
  readonly notify?: readonly NotifySpec[];
  readonly liveness?: LivenessSpec;
  readonly restart?: RestartSpec;
  /**
   * Of everything else here, as it is in the agent's own workflow; hosts ask for it where a program
   * runs on them.
   */
  readonly signature?: SpecSignature;
}

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
  /** For tests: continue as new after this many history events, not at the server's suggestion. */
  readonly continueAfterEvents?: number;
}

/**
 * How many times within `staleAfter` the gateway and the health monitor renew what an agent's
 * workflow knows: two renewals may be lost before the agent counts as silent.
 */
export const RENEWALS = 3;

/**
 * A heartbeat (docs/lifecycle.md, "Liveness"). `endpoint` is the http(s) URL at which the agent
 * takes turns.
 */
export interface Heartbeat {
  readonly instanceId: string;
  readonly seq?: number;
  readonly status: 'starting' | 'ready' | 'degraded' | 'stopping';
  readonly endpoint?: string;
  readonly load?: number;
}

/**
 * A beat as an agent's workflow receives it. `via`: it came through a gateway, which can tell since
 * when it listens.
 */
export interface ForwardedHeartbeat extends Heartbeat {
  readonly via?: 'gateway';
}

/**
 * Signal `instanceEnded`, from a worker of its host: the provider has seen the instance end. The agent's workflow inspects it at once.
 */
export interface InstanceEnded {
  /** The key of its resource, and the instance. */
  readonly key: string;
  readonly instanceId: string;
}

/**
 * A report of the health monitor (signal `checkReported`). `at` is the time of the check, in UTC.
 */
export interface CheckReported {
  readonly instanceId: string;
  readonly passed: boolean;
  readonly at: string;
}

/** `drain` lets turns in flight finish, `freeze` does not wait for them. */
export type PauseMode = 'drain' | 'freeze';

/**
 * The options of every command. A repeated `requestId` is the same request. `wait: false` answers
 * at once with the current state.
 */
export interface RequestOptions {
  readonly requestId?: string;
  readonly wait?: boolean;
}

/** The options of `pause`. */
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

/** The agent's commands, which are also update names, CLI verbs and HTTP paths. */
export const AGENT_COMMANDS = ['pause', 'resume', 'stop', 'start', 'restart', 'terminate', 'hold', 'release'] as const;
export type AgentCommand = (typeof AGENT_COMMANDS)[number];

/** The options of each command. */
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

/** The progress of a command when its update answers, on its effect or after 5 s. */
export type CommandState = 'done' | 'pausing' | 'resuming' | 'stopping' | 'starting' | 'terminating';

/** The answer to every command. */
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

/**
 * The view of an agent: the same JSON in the query `describe`, under `-o json`, and over HTTP.
 * Times are ISO 8601 in UTC.
 */
export interface AgentView {
  readonly fleet: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly phase: AgentPhase;
  readonly runtime: Runtime;
  readonly liveness: Liveness;
  /** How often the restart policy and operators have started it again. */
  readonly restarts: number;
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
  /** What its turns took since its workflow began; absent where none reported usage. */
  readonly usage?: Usage;
  /** The incarnation of the fleet that owns it. */
  readonly incarnation: string;
  readonly revision: number;
  /**
   * The interval of beats, and the silence after which it counts as offline, in milliseconds; the
   * gateway coalesces beats by them.
   */
  readonly beats: { readonly everyMs: number; readonly staleAfterMs: number };
  /**
   * One sentence: why the agent is not working, and which command or event changes that; null where
   * it works.
   */
  readonly why: string | null;
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
  /** Its first 50 turns, those in flight before those in the queue; only in `describe`. */
  readonly openTurns?: readonly OpenTurn[];
  readonly decisions?: readonly Decision[];
}

/** The state of a list's item whose workflow does not answer. */
export type Unknown = 'unknown';

/** An agent in a list, from visibility. */
export interface AgentListItem {
  readonly fleet: string;
  readonly name: string;
  /** `unknown` while its workflow does not answer, because its last status may be outdated. */
  readonly status: AgentStatus | Unknown;
  readonly liveness: Liveness | Unknown;
  /** `unknown` before its first report, and while its workflow does not answer. */
  readonly phase: AgentPhase | Unknown;
  readonly runtime: Runtime | Unknown;
  readonly restarts: number;
  /** When the agent was created; null: not known yet. */
  readonly since: string | null;
  readonly holds: readonly string[];
  readonly subscription: string | null;
  /** Why it is not working, and what changes that; null where it works. */
  readonly why: string | null;
  /** Why its workflow does not answer, where the server reports it; null: no problem is known. */
  readonly problem: string | null;
}

/** The `details[0]` of the failure of a refused command. */
export interface RefusalDetails extends ErrorBody {
  readonly current: {
    readonly status: AgentStatus;
    readonly runtime: Runtime;
    readonly liveness: Liveness;
    readonly holds: readonly string[];
  };
  readonly allowed: readonly AgentCommand[];
}

/**
 * The end of an agent's start (signal `agentReported` to `reportTo`, repeated after every
 * `configure`).
 */
export interface AgentReport {
  readonly agent: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly outcome: 'ready' | 'failed';
  /** The reason of `failed`: what the provider knows, with the last lines of the log; else null. */
  readonly error: string | null;
  /** The start was refused: its specification may not run here. Absent for any other end. */
  readonly code?: 'Forbidden';
  readonly pid?: number;
}

/** The memo by which an agent's workflow tells lists what search attributes do not hold. */
export const AGENT_MEMO = 'told';

/** The value of that memo. */
export interface AgentTold {
  readonly phase: AgentPhase;
  readonly runtime: Runtime;
  readonly restarts: number;
  /** ISO 8601. */
  readonly since: string;
  readonly why: string | null;
}
