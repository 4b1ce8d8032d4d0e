/**
 * Chooses the next effect that brings the actual state to the desired one. One effect is in progress at a time, so
 * the provider calls of a pause and a resume never interleave.
 */
import { isOver, isDown, isPaused, isStopping, isUp, isAtRest } from '../lifecycle';
import type { AgentState, Effect, ProviderEffect } from '../state';
import { isReloadDue, lacksSubscription } from '../subscription/switch';
import { isProbeDue } from '../liveness/probes';

/** The next effect, or null if nothing is to do now. */
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
 * Whether a stop or a terminate made an effect in progress obsolete: a stopped agent is neither
 * woken nor paused.
 */
export function isObsolete(state: AgentState, effect: Effect): boolean {
  return isOver(state) && effect !== 'stop' && effect !== 'destroy';
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
