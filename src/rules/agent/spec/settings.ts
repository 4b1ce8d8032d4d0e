/**
 * An agent's settings: its specification with every default filled in, durations in milliseconds.
 */
import type { AgentSpec, RestartOn, RetryReason } from '../../../contract/agent';
import { DEFAULT_TURN_TIMEOUT_MS } from '../../../contract/agent/turns';
import type { Duration } from '../../../contract/values/duration';
import { durationMs } from '../../lib/duration';

/** The health checks of an agent; `failures` in a row count as one failure. */
export interface HealthCheckSettings {
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
  readonly debounceMs: number;
}

/** An agent's specification with its defaults (docs/provisioning.md). */
export interface AgentSettings {
  readonly heartbeatEveryMs: number;
  readonly staleAfterMs: number;
  readonly startupGraceMs: number;
  readonly readyTimeoutMs: number;
  readonly healthCheck: HealthCheckSettings | null;
  readonly turns: {
    readonly maxParallel: number;
    readonly queue: number;
    readonly timeoutMs: number;
    readonly unavailableTimeoutMs: number;
    readonly crashLimit: number;
    /** `attempts` null: 3, and as many as the turn's time allows for a rate limit. */
    readonly retry: {
      readonly attempts: number | null;
      readonly backoffInitialMs: number;
      readonly backoffMaxMs: number;
      readonly on: readonly RetryReason[];
    };
  };
  readonly restart: {
    readonly on: RestartOn;
    readonly maxAttempts: number;
    readonly windowMs: number;
    readonly backoffInitialMs: number;
    readonly backoffMaxMs: number;
  };
}

/**
 * How long `pause` and `restart` let turns in flight finish by default (docs/lifecycle.md,
 * "Commands").
 */
export const DRAIN_TIMEOUT_MS = 10 * 60_000;
/**
 * The default grace period between the terminate signal and the kill (docs/lifecycle.md,
 * "Commands").
 */
export const STOP_GRACE_MS = 10_000;

/** The settings of a parsed specification. */
export function agentSettings(spec: AgentSpec): AgentSettings {
  const { liveness = {}, turns = {}, restart = {} } = spec;
  const startupGraceMs = ms(liveness.startupGrace, '2m');
  const check = liveness.healthCheck;
  return {
    heartbeatEveryMs: ms(liveness.heartbeatEvery, '5s'),
    staleAfterMs: ms(liveness.staleAfter, '60s'),
    startupGraceMs,
    readyTimeoutMs: liveness.readyTimeout === undefined ? startupGraceMs : ms(liveness.readyTimeout, '2m'),
    healthCheck:
      check === undefined
        ? null
        : {
            everyMs: ms(check.every, '10s'),
            timeoutMs: ms(check.timeout, '5s'),
            failures: check.failures ?? 3,
            debounceMs: ms(check.debounce, '5s'),
          },
    turns: {
      maxParallel: turns.maxParallel ?? 3,
      queue: turns.queue ?? 1_000,
      timeoutMs: durationMs(turns.timeout ?? '') ?? DEFAULT_TURN_TIMEOUT_MS,
      unavailableTimeoutMs: ms(turns.unavailableTimeout, '2m'),
      crashLimit: turns.crashLimit ?? 2,
      retry: {
        attempts: turns.retry?.attempts ?? null,
        backoffInitialMs: ms(turns.retry?.backoff?.initial, '1s'),
        backoffMaxMs: ms(turns.retry?.backoff?.max, '30s'),
        on: turns.retry?.on ?? ['5xx', 'rate_limit'],
      },
    },
    restart: {
      on: restart.on ?? 'failure',
      maxAttempts: restart.maxAttempts ?? 3,
      windowMs: ms(restart.window, '10m'),
      backoffInitialMs: ms(restart.backoff?.initial, '1s'),
      backoffMaxMs: ms(restart.backoff?.max, '30s'),
    },
  };
}

/** The milliseconds of a duration, or of `fallback` if it is absent or invalid. */
export function ms(given: Duration | undefined, fallback: Duration): number {
  return durationMs(given ?? fallback) ?? durationMs(fallback) ?? 0;
}
