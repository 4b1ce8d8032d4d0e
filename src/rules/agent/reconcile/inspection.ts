/** Compares what a provider found with the state of its agent. */
import { isSuspended, moveRuntime } from '../lifecycle';
import type { ResourceState } from '../../../contract/activities';
import type { AgentState, ProviderEffect } from '../state';
import { afterProbe } from '../liveness/probes';
import { recordCrash, recordHang } from '../restart';

/**
 * Why an inspection contradicts a pause, or null if it does not. The opposite case does not
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

/** The state after an inspection: a drift, a crash, or nothing new. */
export function afterInspection(state: AgentState, found: Partial<ResourceState>, now: number): AgentState {
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
