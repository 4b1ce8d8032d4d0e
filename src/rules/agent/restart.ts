/** Restart policy: what a crash leads to (docs/lifecycle.md, "Restart policy"). */
import { hasCrashed, isActive, isPaused, isPending, moveRuntime, moveStatus } from './lifecycle';
import { type AgentState, endedInstance } from './state';
import type { AgentSettings } from './settings';

/** The reason of a status `failed` that an operator's `start` clears. */
export const CRASH_LOOP = 'crash loop';

/** How an instance ended; `exitCode` null: by a signal, or nobody knows. */
export interface Ending {
  readonly exitCode: number | null;
  readonly detail: string;
}

/** The wait before restart number `attempt` (1, 2, …): doubled each time, up to the maximum. */
export function backoffMs(settings: AgentSettings['restart'], attempt: number): number {
  return Math.min(settings.backoffInitialMs * 2 ** (attempt - 1), settings.backoffMaxMs);
}

/** The crashes that still count. */
export function recentCrashes(state: AgentState, now: number): number[] {
  return state.crashes.filter((at) => now - at < state.settings.restart.windowMs);
}

/** The agent's instance is gone. What follows depends on what was wanted of it: only where it should have lived is it a failure. */
export function crashed(state: AgentState, ending: Ending, now: number): AgentState {
  const gone: AgentState = {
    ...state,
    runtime: hasCrashed(state) ? 'crashed' : moveRuntime(state.runtime, 'crashed'),
    liveness: 'offline',
    instance: endedInstance(state.instance),
    runningSince: null,
    drainUntil: null,
    probeAt: null,
    reason: ending.detail,
  };
  const wanted = isPending(state) || isActive(state) || isPaused(state);
  if (!wanted || state.restarting !== null) return gone;
  return state.settled?.outcome === 'ready' ? byPolicy(gone, ending, now) : failed(gone, ending.detail);
}

/** A start that failed, or an end that the policy does not repair. */
export function failed(state: AgentState, reason: string): AgentState {
  return {
    ...state,
    status: moveStatus(state.status, 'failed'),
    reason,
    restartAt: null,
    settled: state.settled ?? { outcome: 'failed', error: reason },
  };
}

function byPolicy(state: AgentState, ending: Ending, now: number): AgentState {
  const policy = state.settings.restart;
  const endedWell = ending.exitCode === 0;
  if (policy.on === 'never' || (policy.on === 'failure' && endedWell)) {
    return endedWell ? { ...state, status: moveStatus(state.status, 'stopped') } : failed(state, ending.detail);
  }
  const crashes = [...recentCrashes(state, now), now];
  if (crashes.length > policy.maxAttempts) return failed({ ...state, crashes }, `${CRASH_LOOP}: ${ending.detail}`);
  return { ...state, crashes, restartAt: now + backoffMs(policy, crashes.length) };
}
