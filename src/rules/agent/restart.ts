/** The restart policy: the effect of a crash (docs/lifecycle.md, "Restart policy"; decision 4). */
import { hasCrashed, isActive, isPaused, isPending, isUp, moveRuntime, moveStatus } from './lifecycle';
import { type AgentState } from './state';
import { endedInstance } from './instance';
import { causeLine } from '../../contract/failure/cause';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import { blameTurns } from './turns/crashes';
import { type AgentSettings, STOP_GRACE_MS } from './spec/settings';

/** Begins the reason of a status `failed` that follows too many crashes. */
export const CRASH_LOOP = 'crash loop';

/**
 * How an instance ended. `exitCode` is null if a signal ended it or the code is unknown.
 * `refusal`: the host refused to start it, so no restart helps.
 */
export interface Ending {
  readonly exitCode: number | null;
  readonly detail: string;
  /** The last lines of its log; only a failed first start, before any turn, may quote them. */
  readonly log?: string | undefined;
  readonly refusal?: 'Forbidden' | null;
}

/**
 * The backoff before restart number `attempt` (1, 2, …) in milliseconds: it doubles each time, up
 * to the maximum.
 */
export function backoffMs(settings: AgentSettings['restart'], attempt: number): number {
  return Math.min(settings.backoffInitialMs * 2 ** (attempt - 1), settings.backoffMaxMs);
}

/** The times of the crashes within the policy's window. */
export function recentCrashes(state: AgentState, now: number): number[] {
  return state.crashes.filter((at) => now - at < state.settings.restart.windowMs);
}

/**
 * The state after the instance ended by itself. The policy applies only if the agent was meant
 * to run.
 */
export function recordCrash(state: AgentState, ending: Ending, now: number): AgentState {
  const gone: AgentState = {
    ...state,
    runtime: hasCrashed(state) ? 'crashed' : moveRuntime(state.runtime, 'crashed'),
    liveness: 'offline',
    instance: endedInstance(state.instance),
    runningSince: null,
    drainUntil: null,
    probeAt: null,
    reason: oneLine(ending.detail, SHORT_BYTES),
  };
  const wanted = isPending(state) || isActive(state) || isPaused(state);
  if (!wanted || state.restarting !== null) return gone;
  const isRepairable = state.settled?.outcome === 'ready' && !ending.refusal;
  if (isRepairable) {
    const blamed = blameTurns(gone, ending.detail);
    return byPolicy(blamed.state, ending, blamed.counts, now);
  }
  const isFirstStart = state.settled?.outcome !== 'ready';
  return isFirstStart
    ? recordFailure(gone, startFailure(ending), ending.refusal, ending.log)
    : recordFailure(gone, ending.detail, ending.refusal);
}

/**
 * The state `failed`, after a failed start, a refusal (`code`) or an end that the policy does not
 * repair.
 */
export function recordFailure(
  state: AgentState,
  reason: string,
  code: 'Forbidden' | null = null,
  log = '',
): AgentState {
  return {
    ...state,
    status: moveStatus(state.status, 'failed'),
    reason: oneLine(reason, SHORT_BYTES),
    restartAt: null,
    settled: state.settled ?? { outcome: 'failed', error: withLog(reason, log), ...(code && { code }) },
  };
}

/**
 * How a first start ended, with the last line of its log if no line names the cause. It has taken
 * no turn yet, so its log holds no contents of turns.
 */
export function startFailure({ detail, log = '' }: Pick<Ending, 'detail' | 'log'>): string {
  const last = log.trimEnd().split('\n').at(-1) ?? '';
  return last === '' || causeLine(log) !== null || detail.includes(last) ? detail : `${detail}: ${oneLine(last)}`;
}

/** The reason of a failed start: one line, then the last lines of the log, unless they say the same. */
export function withLog(reason: string, log = ''): string {
  return log === '' || reason.endsWith(log.trimEnd()) ? reason : `${reason}; its last lines:\n${log}`;
}

/**
 * The state after the provider has found the process of a silent agent: if the policy says so, the
 * agent hangs, and is stopped and started again. The same object otherwise.
 */
export function recordHang(state: AgentState, now: number): AgentState {
  const { on, maxAttempts } = state.settings.restart;
  const restarts = on === 'offline' || on === 'always';
  const isHung = isActive(state) && isUp(state) && state.liveness === 'offline' && state.restarting === null;
  if (!restarts || !isHung || state.settled?.outcome !== 'ready') return state;
  const detail = `no sign of life for ${String(state.settings.staleAfterMs / 1_000)} s`;
  const blamed = blameTurns({ ...state, stopGraceMs: STOP_GRACE_MS }, detail);
  const crashes = crashesWith(blamed.state, blamed.counts, now);
  const stopping = { ...blamed.state, crashes };
  if (crashes.length > maxAttempts) return recordFailure(stopping, `${CRASH_LOOP}: ${detail}`);
  return { ...stopping, restarts: state.restarts + 1 };
}

/** The crashes within the window, with the present one if it counts. */
function crashesWith(state: AgentState, counts: boolean, now: number): number[] {
  return [...recentCrashes(state, now), ...(counts ? [now] : [])];
}

function byPolicy(state: AgentState, ending: Ending, counts: boolean, now: number): AgentState {
  const policy = state.settings.restart;
  const endedWell = ending.exitCode === 0;
  if (policy.on === 'never' || (policy.on !== 'always' && endedWell)) {
    return endedWell ? { ...state, status: moveStatus(state.status, 'stopped') } : recordFailure(state, ending.detail);
  }
  const crashes = crashesWith(state, counts, now);
  if (crashes.length > policy.maxAttempts)
    return recordFailure({ ...state, crashes }, `${CRASH_LOOP}: ${ending.detail}`);
  const restartAt = now + backoffMs(policy, Math.max(1, crashes.length));
  return { ...state, crashes, restarts: state.restarts + 1, restartAt };
}
