/** The specification of an agent: its provider, and how it beats, takes turns and is restarted. */
import type { Duration } from '../values/duration';
import type { Labels } from './labels';
import type { NotifySpec } from '../event';
import type { AdapterSpec } from './adapter';

/**
 * The kinds of providers. `memory` exists only in tests and benchmarks; a fleet file may not name
 * it.
 */
export const PROVIDERS = ['process', 'docker', 'external', 'memory'] as const;

/** A kind of provider. */
export type ProviderKind = (typeof PROVIDERS)[number];

/**
 * A process agent: command line (none beside an `adapter`, which says what runs), working directory
 * (the CLI makes it absolute), its own environment variables (contract/agent/references.ts), and the
 * names of the worker's that it receives too.
 */
export interface ProcessSpec {
  readonly command?: readonly string[];
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
/** One of `RETRY_REASONS`. */
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
/** One of `RESTART_ON`. */
export type RestartOn = (typeof RESTART_ON)[number];

/** Restart policy (docs/lifecycle.md, "Restart policy"). */
export interface RestartSpec {
  readonly on?: RestartOn;
  readonly maxAttempts?: number;
  readonly window?: Duration;
  readonly backoff?: BackoffSpec;
}

/**
 * The pool of an agent's credential. Other settings come from the pool (`SubscriptionSpec`) if
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
  /** Words by which lists choose agents (contract/agent/labels.ts). */
  readonly labels?: Labels;
  readonly provider: ProviderKind;
  readonly process?: ProcessSpec;
  readonly docker?: DockerSpec;
  readonly external?: ExternalSpec;
  readonly adapter?: AdapterSpec;
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
  /** Whether an agent that is made again under this name gets the session of its predecessor. */
  readonly keepSession?: boolean;
  /**
   * Of everything else here, as it is in the agent's own workflow; hosts ask for it if a program
   * runs on them.
   */
  readonly signature?: SpecSignature;
}
