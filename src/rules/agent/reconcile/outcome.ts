/** The state while an effect is in progress, and after its success. */
import { isActive, isPending, isStopping, isAtRest, moveRuntime, moveStatus } from '../lifecycle';
import type { ResourceState } from '../../../contract/activities';
import { type AgentState, type Effect, type ProviderEffect, namesItself } from '../state';
import { NO_INSTANCE, endedInstance, newInstance } from '../instance';
import { withProbes } from '../liveness/probes';
import { afterInspection } from './inspection';

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
