/** What the health monitor makes of its checks: which of them the agent's workflow hears of (docs/lifecycle.md, "Liveness"). Times are milliseconds of one clock that never steps. */
import type { WatchedAgent } from '../../contract/activities';

/** What is remembered of one agent between two checks; plain JSON, as it outlives the monitor's worker. */
export interface CheckMemory {
  /** The instance that was checked: another one starts anew. */
  readonly instanceId: string;
  /** Failures in a row. */
  readonly failures: number;
  /** Since when checks pass; null after a failure. */
  readonly passingSince: number | null;
  /** What the agent's workflow was last told, and when. */
  readonly told: { readonly passed: boolean; readonly at: number } | null;
}

/** The memory after a check, and whether the agent's workflow is to hear of it. */
export interface Checked {
  readonly memory: CheckMemory;
  readonly report: boolean;
}

/**
 * Changes are reported, and what stays as it is once per `renewMs`: a pass is a proof that grows old, and a failure counts for nothing
 * until beats are stale. An agent that was told to fail passes only once its checks have passed for `debounceMs`.
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

/** The same memory on a clock that reads `byMs` more. */
export function shifted(memory: CheckMemory, byMs: number): CheckMemory {
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
