/**
 * The reconciler's rule: the one effect that brings the provider nearer to what has been decided, and what its end does to the
 * state. One effect at a time is in progress, so a pause and a resume never run their provider calls interleaved.
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
import { afterProbe, isProbeDue, withProbes } from './probes';
import { crashed, failed } from './restart';

/** The next effect; null: nothing to do now. */
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

/** Whether turns in flight are being waited for. */
export function isDraining(state: AgentState, now: number): boolean {
  return isUp(state) && state.turns.inFlight.length > 0 && state.drainUntil !== null && now < state.drainUntil;
}

/** The state while an effect is in progress; `newId` names the instance that a wake starts. */
export function begin(state: AgentState, effect: Effect, newId: string, now: number): AgentState {
  return { ...begun(state, effect, newId, now), effect };
}

function begun(state: AgentState, effect: Effect, newId: string, now: number): AgentState {
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
    case 'suspend':
    case 'continue':
    case 'inspect':
    case 'reload':
      return state;
  }
}

/** The state after an effect that succeeded. `found`: what the provider told with it. */
export function succeeded(
  state: AgentState,
  effect: ProviderEffect,
  found: Partial<ResourceState>,
  now: number,
): AgentState {
  return { ...ended(state, effect, found, now), effect: null };
}

function ended(state: AgentState, effect: ProviderEffect, found: Partial<ResourceState>, now: number): AgentState {
  switch (effect) {
    case 'wake':
      return woken(state, found.pid ?? null, now);
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

function woken(state: AgentState, pid: number | null, now: number): AgentState {
  const running: AgentState = {
    ...state,
    runtime: moveRuntime(state.runtime, 'running'),
    status: isPending(state) ? moveStatus(state.status, 'running') : state.status,
    instance: { ...state.instance, confirmed: true, pid },
    runningSince: now,
    // A restart that was asked for while this wake was under way begins anew with its stop.
    restarting: state.restarting === 'stop' ? 'stop' : null,
    probes: 0,
  };
  const held = isActive(running) && running.holds.length > 0;
  return withProbes(held ? { ...running, status: moveStatus('running', 'paused') } : running, now);
}

/**
 * What an inspection says against a pause: it was continued by other means than Drover's. Null: nothing. A running agent that another
 * program has stopped is left to that program: it is silent, and so it is offline.
 */
export function driftOf(state: AgentState, { state: found }: Partial<ResourceState>): string | null {
  return isSuspended(state) && found === 'running' ? 'it was continued by other means, and is paused again' : null;
}

/** What is true becomes the runtime; what has been decided then asks for the effect that is missing. */
function drifted(state: AgentState, now: number): AgentState {
  const runtime = moveRuntime(state.runtime, 'running');
  return { ...state, runtime, runningSince: now, probeAt: null, probes: 0, drainUntil: null };
}

function afterInspection(state: AgentState, found: Partial<ResourceState>, now: number): AgentState {
  if (driftOf(state, found) !== null) return drifted(state, now);
  if (found.state === undefined || found.state === 'running' || found.state === 'paused') return afterProbe(state, now);
  return crashed(
    state,
    { exitCode: found.exitCode ?? null, detail: found.detail ?? `the provider says ${found.state}` },
    now,
  );
}

/** Whether nobody wants an effect under way any more: a stopped agent is neither woken nor paused. */
export function isMoot(state: AgentState, effect: Effect): boolean {
  return isOver(state) && effect !== 'stop' && effect !== 'destroy';
}

/** What an effect has reached by the provider's own account, whatever its call answered: a lost answer is no failure. */
export function reached(effect: ProviderEffect, found: ResourceState): boolean {
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

/** The longest pause between two tries of a stop or a destroy, which are repeated until they succeed. */
const RETRY_MAX_MS = 60_000;

/**
 * The state after an effect that failed, retries included. A suspend or a continue goes back to what is true; a stop and a
 * destroy are tried again, as nobody wants the process back; a wake failed is a crash, and at first or by command a failure.
 */
export function effectFailed(
  state: AgentState,
  effect: ProviderEffect,
  error: string,
  found: ResourceState | null,
  now: number,
): AgentState {
  return { ...undone(state, effect, error, found, now), effect: null };
}

function undone(
  state: AgentState,
  effect: ProviderEffect,
  error: string,
  found: ResourceState | null,
  now: number,
): AgentState {
  const gone = found !== null && (found.state === 'exited' || found.state === 'absent' || found.state === 'stopped');
  switch (effect) {
    case 'wake':
      return wakeFailed(state, found?.state === 'exited' ? (found.detail ?? error) : error, now);
    case 'suspend':
      if (gone) return afterInspection(state, found, now);
      return { ...state, ...backToRunning(state), drainUntil: null };
    case 'continue':
      if (gone) return afterInspection(state, found, now);
      return { ...state, ...backToPaused(state) };
    case 'stop':
    case 'destroy':
      return triedAgain(state, now);
    case 'inspect':
      return afterProbe(state, now);
  }
}

function triedAgain(state: AgentState, now: number): AgentState {
  const retries = state.retries + 1;
  return { ...state, retries, retryAt: now + Math.min(1_000 * 2 ** retries, RETRY_MAX_MS) };
}

function wakeFailed(state: AgentState, error: string, now: number): AgentState {
  const byCommand = state.restarting !== null || state.crashes.length === 0;
  const gone = crashed(state, { exitCode: null, detail: error }, now);
  const idle = { ...gone, restarting: null };
  return byCommand && (isActive(idle) || isPaused(idle)) ? failed(idle, error) : idle;
}

function backToRunning(state: AgentState): Pick<AgentState, 'status' | 'holds'> {
  return isPaused(state) ? { status: moveStatus('paused', 'running'), holds: [] } : state;
}

function backToPaused(state: AgentState): Pick<AgentState, 'status' | 'holds'> {
  if (!isActive(state)) return state;
  const added = state.holds.filter(({ name }) => state.heldBefore.every((hold) => hold.name !== name));
  return { status: moveStatus('running', 'paused'), holds: [...state.heldBefore, ...added] };
}

/** Whether an effect is a call at all: an `external` agent has only what its specification names, the rest is the agent's own. */
export function callsProvider(state: AgentState, effect: ProviderEffect): boolean {
  const { provider, external } = state.config.spec;
  if (provider !== 'external') return true;
  if (effect === 'wake') return external?.wake !== undefined;
  return effect === 'destroy' && (external?.create !== undefined || external?.destroy !== undefined);
}
