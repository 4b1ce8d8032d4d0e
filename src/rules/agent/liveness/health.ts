/**
 * Decides which health checks the monitor reports to the agent's workflow (docs/lifecycle.md,
 * "Liveness"). Times are milliseconds of one monotonic clock.
 */
import type { WatchedAgent } from '../../../contract/activities';

/**
 * The memory of the monitor of one agent between two checks; plain JSON, because it outlives the
 * worker.
 */
export interface CheckMemory {
  /** The instance that was checked; a new instance starts with a fresh memory. */
  readonly instanceId: string;
  /** Failures in a row. */
  readonly failures: number;
  /** Since when checks pass; null after a failure. */
  readonly passingSince: number | null;
  /** The last report to the agent's workflow; null before the first. */
  readonly told: { readonly passed: boolean; readonly at: number } | null;
}

/** The memory after a check, and whether to report the check to the agent's workflow. */
export interface Checked {
  readonly memory: CheckMemory;
  readonly report: boolean;
}

/**
 * The memory after one check. A changed result is reported at once and an unchanged one every
 * `renewMs`, because a pass is a proof that ages, and a failure counts only once beats are stale.
 * After a reported failure, a pass is reported only once the checks have passed for `debounceMs`.
 */
export function afterCheck(
  known: CheckMemory | null,
  instanceId: string,
  passed: boolean,
  { failures: limit, debounceMs, renewMs }: WatchedAgent,
  now: number,
): Checked {
  const before = known?.instanceId === instanceId ? known : fresh(instanceId);
  const memory = passed
    ? { ...before, failures: 0, passingSince: before.passingSince ?? now }
    : { ...before, failures: before.failures + 1, passingSince: null };
  const { told } = before;
  const isNews = told?.passed !== passed || now - told.at >= renewMs;
  const isSettled = passed
    ? told?.passed !== false || now - (memory.passingSince ?? now) >= debounceMs
    : memory.failures >= limit;
  const report = isNews && isSettled;
  return { memory: report ? { ...memory, told: { passed, at: now } } : memory, report };
}

/** The same memory on a clock that is ahead by `byMs`. */
export function shiftMemory(memory: CheckMemory, byMs: number): CheckMemory {
  const { passingSince, told } = memory;
  return {
    ...memory,
    passingSince: passingSince === null ? null : passingSince + byMs,
    told: told && { ...told, at: told.at + byMs },
  };
}

function fresh(instanceId: string): CheckMemory {
  return { instanceId, failures: 0, passingSince: null, told: null };
}
