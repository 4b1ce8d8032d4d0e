/** The state after an effect that failed. */
import { isActive, isPaused, moveStatus } from '../lifecycle';
import type { ResourceState } from '../../../contract/activities';
import { type ErrorBody, refusalOf } from '../../../contract/errors';
import type { AgentState, ProviderEffect } from '../state';
import { afterProbe } from '../liveness/probes';
import { recordCrash, recordFailure } from '../restart';
import { afterInspection } from './inspection';

/** The longest backoff of a stop or a destroy, which are retried until they succeed. */
const RETRY_MAX_MS = 60_000;

/**
 * The state after an effect that failed, retries included. A failed suspend or continue takes the
 * decision back. A stop and a destroy are retried, because the process must go. A failed wake is a
 * crash, or a failure if it is the first start, a command asked for it, or it was refused: the next
 * wake of the same specification would be refused, too.
 */
export function effectFailed(
  state: AgentState,
  effect: ProviderEffect,
  error: Pick<ErrorBody, 'code' | 'message'>,
  found: ResourceState | null,
  now: number,
): AgentState {
  return { ...afterFailure(state, effect, error, found, now), effect: null };
}

function afterFailure(
  state: AgentState,
  effect: ProviderEffect,
  error: Pick<ErrorBody, 'code' | 'message'>,
  found: ResourceState | null,
  now: number,
): AgentState {
  const gone = found !== null && (found.state === 'exited' || found.state === 'absent' || found.state === 'stopped');
  switch (effect) {
    case 'wake':
      return afterFailedWake(state, error, found, now);
    case 'suspend':
      if (gone) return afterInspection(state, found, now);
      return { ...state, ...backToRunning(state), drainUntil: null };
    case 'continue':
      if (gone) return afterInspection(state, found, now);
      return { ...state, ...backToPaused(state) };
    case 'stop':
    case 'destroy':
      return scheduleRetry(state, now);
    case 'inspect':
      return afterProbe(state, now);
  }
}

function scheduleRetry(state: AgentState, now: number): AgentState {
  const retries = state.retries + 1;
  return { ...state, retries, retryAt: now + Math.min(1_000 * 2 ** retries, RETRY_MAX_MS) };
}

function afterFailedWake(
  state: AgentState,
  error: Pick<ErrorBody, 'code' | 'message'>,
  found: ResourceState | null,
  now: number,
): AgentState {
  const refusal = refusalOf(error);
  const ended = refusal === null && found?.state === 'exited' ? found : null;
  const detail = ended?.detail ?? error.message;
  const byCommand = state.restarting !== null || state.crashes.length === 0;
  const gone = recordCrash(state, { exitCode: null, detail, log: ended?.log, refusal }, now);
  const idle = { ...gone, restarting: null };
  return byCommand && (isActive(idle) || isPaused(idle)) ? recordFailure(idle, detail, refusal) : idle;
}

function backToRunning(state: AgentState): Pick<AgentState, 'status' | 'holds'> {
  return isPaused(state) ? { status: moveStatus('paused', 'running'), holds: [] } : state;
}

function backToPaused(state: AgentState): Pick<AgentState, 'status' | 'holds'> {
  if (!isActive(state)) return state;
  const added = state.holds.filter(({ name }) => state.heldBefore.every((hold) => hold.name !== name));
  return { status: moveStatus('running', 'paused'), holds: [...state.heldBefore, ...added] };
}
