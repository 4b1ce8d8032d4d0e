/**
 * Reconciles the actual state with the desired one: chooses the next effect, and applies its
 * outcome. One effect is in progress at a time, so the provider calls of a pause and a resume never
 * interleave.
 */
import {
  isOver,
  isSuspended,
  isActive,
  isDown,
  isPaused,
  isPending,
  isStopping,
  isUp,
  isAtRest,
  moveRuntime,
  moveStatus,
} from './lifecycle';
import type { ResourceState } from '../../contract/activities';
import { type ErrorBody, refusalOf } from '../../contract/errors';
import {
  type AgentState,
  type Effect,
  type ProviderEffect,
  NO_INSTANCE,
  endedInstance,
  namesItself,
  newInstance,
} from './state';
import { isReloadDue, lacksSubscription } from './subscription/switch';
import { afterProbe, isProbeDue, withProbes } from './liveness/probes';
import { recordCrash, recordFailure, recordHang } from './restart';

/** The next effect, or null where nothing is to do now. */
export function nextEffect(state: AgentState, now: number): Effect | null {
  if (state.effect !== null) return null;
  if (state.retryAt !== null && now < state.retryAt) return null;
  if (isStopping(state)) return 'stop';
  switch (state.status) {
    case 'terminated':
      if (!isAtRest(state)) return 'stop';
      return state.destroyed ? null : 'destroy';
    case 'stopped':
      return isAtRest(state) ? null : 'stop';
    case 'failed':
      return state.stopGraceMs !== null && !isDown(state) ? 'stop' : null;
    case 'pending':
    case 'running':
    case 'paused':
      return state.restarting === null ? towardsWork(state, now) : towardsRestart(state, now);
  }
}

function towardsRestart(state: AgentState, now: number): Effect | null {
  if (isAtRest(state)) return 'wake';
  return isDraining(state, now) ? null : 'stop';
}

function towardsWork(state: AgentState, now: number): Effect | null {
  switch (state.runtime) {
    case 'stopped':
      return lacksSubscription(state) ? null : 'wake';
    case 'crashed':
      return !isPaused(state) && state.restartAt !== null && now >= state.restartAt ? 'wake' : null;
    case 'running':
      // The restart policy found that it hangs.
      if (state.stopGraceMs !== null) return 'stop';
      if (isPaused(state) && !isDraining(state, now)) return 'suspend';
      if (isReloadDue(state, now)) return 'reload';
      return isProbeDue(state, now) ? 'inspect' : null;
    case 'paused':
      if (!isPaused(state)) return 'continue';
      return isProbeDue(state, now) ? 'inspect' : null;
    case 'starting':
    case 'stopping':
      return null;
  }
}

/** Whether the agent drains: a pause or a restart waits for turns in flight. */
export function isDraining(state: AgentState, now: number): boolean {
  return isUp(state) && state.turns.inFlight.length > 0 && state.drainUntil !== null && now < state.drainUntil;
}

/**
 * The state while an effect is in progress. `newId` is the id of the instance that a wake starts.
 */
export function beginEffect(state: AgentState, effect: Effect, newId: string, now: number): AgentState {
  return { ...afterBegin(state, effect, newId, now), effect };
}

function afterBegin(state: AgentState, effect: Effect, newId: string, now: number): AgentState {
  switch (effect) {
    case 'wake': {
      const id = state.instance.confirmed ? newId : (state.instance.id ?? newId);
      return {
        ...state,
        runtime: moveRuntime(state.runtime, 'starting'),
        liveness: 'starting',
        instance: namesItself(state) ? NO_INSTANCE : newInstance(id, now),
        restarting: state.restarting === null ? null : 'start',
        restartAt: null,
        reason: null,
      };
    }
    case 'stop':
      return isAtRest(state) || isStopping(state)
        ? { ...state, retryAt: null }
        : { ...state, runtime: moveRuntime(state.runtime, 'stopping'), retryAt: null };
    case 'destroy':
      return { ...state, retryAt: null };
    case 'inspect':
      // An end that is reported during this inspection leads to another one.
      return { ...state, instance: { ...state.instance, endReported: false } };
    case 'suspend':
    case 'continue':
    case 'reload':
      return state;
  }
}

/** The state after an effect that succeeded. `found` is what the provider reported with it. */
export function effectSucceeded(
  state: AgentState,
  effect: ProviderEffect,
  found: Partial<ResourceState>,
  now: number,
): AgentState {
  return { ...afterSuccess(state, effect, found, now), effect: null };
}

function afterSuccess(
  state: AgentState,
  effect: ProviderEffect,
  found: Partial<ResourceState>,
  now: number,
): AgentState {
  switch (effect) {
    case 'wake':
      return afterWake(state, found.pid ?? null, now);
    case 'suspend':
      return {
        ...state,
        runtime: moveRuntime(state.runtime, 'paused'),
        runningSince: null,
        drainUntil: null,
        probeAt: null,
        probes: 0,
      };
    case 'continue':
      return withProbes(
        { ...state, runtime: moveRuntime(state.runtime, 'running'), runningSince: now, retries: 0, retryAt: null },
        now,
      );
    case 'stop':
      return {
        ...state,
        runtime: isAtRest(state) ? state.runtime : moveRuntime(state.runtime, 'stopped'),
        liveness: 'offline',
        instance: endedInstance(state.instance),
        runningSince: null,
        drainUntil: null,
        probeAt: null,
        stopGraceMs: null,
        retries: 0,
      };
    case 'destroy':
      return { ...state, destroyed: true, retries: 0 };
    case 'inspect':
      return afterInspection(state, found, now);
  }
}

function afterWake(state: AgentState, pid: number | null, now: number): AgentState {
  const running: AgentState = {
    ...state,
    runtime: moveRuntime(state.runtime, 'running'),
    status: isPending(state) ? moveStatus(state.status, 'running') : state.status,
    instance: { ...state.instance, confirmed: true, pid },
    runningSince: now,
    // A restart that was requested during this wake begins with its stop.
    restarting: state.restarting === 'stop' ? 'stop' : null,
    probes: 0,
  };
  const held = isActive(running) && running.holds.length > 0;
  return withProbes(held ? { ...running, status: moveStatus('running', 'paused') } : running, now);
}

/**
 * Why an inspection contradicts a pause, or null where it does not. The opposite case does not
 * count: a running agent that another program suspended is left alone, falls silent and becomes
 * offline.
 */
export function driftOf(state: AgentState, { state: found }: Partial<ResourceState>): string | null {
  return isSuspended(state) && found === 'running' ? 'another program continued it; it is paused again' : null;
}

/** Sets the runtime to what the provider found; the reconciler then repeats the effect. */
function recordDrift(state: AgentState, now: number): AgentState {
  const runtime = moveRuntime(state.runtime, 'running');
  return { ...state, runtime, runningSince: now, probeAt: null, probes: 0, drainUntil: null };
}

function afterInspection(state: AgentState, found: Partial<ResourceState>, now: number): AgentState {
  if (driftOf(state, found) !== null) return recordDrift(state, now);
  if (found.state === undefined) return afterProbe(state, now);
  if (found.state === 'running' || found.state === 'paused') return afterProbe(recordHang(state, now), now);
  return recordCrash(
    state,
    { exitCode: found.exitCode ?? null, detail: found.detail ?? `the provider says ${found.state}`, log: found.log },
    now,
  );
}

/**
 * Whether a stop or a terminate made an effect in progress obsolete: a stopped agent is neither
 * woken nor paused.
 */
export function isObsolete(state: AgentState, effect: Effect): boolean {
  return isOver(state) && effect !== 'stop' && effect !== 'destroy';
}

/**
 * Whether the effect was achieved according to an inspection; the answer of its call may have been
 * lost.
 */
export function hasReached(effect: ProviderEffect, found: ResourceState): boolean {
  switch (effect) {
    case 'wake':
    case 'continue':
      return found.state === 'running';
    case 'suspend':
      return found.state === 'paused';
    case 'stop':
      return found.state === 'stopped' || found.state === 'exited' || found.state === 'absent';
    case 'destroy':
      return found.state === 'absent';
    case 'inspect':
      return false;
  }
}

/** The longest backoff of a stop or a destroy, which are retried until they succeed. */
const RETRY_MAX_MS = 60_000;

/**
 * The state after an effect that failed, retries included. A failed suspend or continue takes the
 * decision back. A stop and a destroy are retried, because the process must go. A failed wake is a
 * crash, or a failure where it is the first start, a command asked for it, or it was refused: the next
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

/**
 * Whether an effect calls the provider. For an `external` agent, Drover calls only the URLs of its
 * specification.
 */
export function callsProvider(state: AgentState, effect: ProviderEffect): boolean {
  const { provider, external } = state.config.spec;
  if (provider !== 'external') return true;
  if (effect === 'wake') return external?.wake !== undefined;
  return effect === 'destroy' && (external?.create !== undefined || external?.destroy !== undefined);
}
