/**
 * Decides when to probe the provider: while an agent is silent, or beats although it is paused; 1
 * s, 2 s, 4 s … apart.
 */
import { isAlive, isAtRest, isSuspended, isUp } from '../lifecycle';
import type { Heartbeat, InstanceEnded } from '../../../contract/agent';
import { type AgentState, namesItself } from '../state';

/** The longest wait while an agent starts, so that an early exit shows soon. */
const STARTING_MAX_MS = 15_000;
/** The longest wait later, when the answer is almost always "it runs". */
const SILENT_MAX_MS = 5 * 60_000;

/**
 * Whether a probe can show more than beats do: the provider started the process, and no beat proves
 * it alive.
 */
function isSilent(state: AgentState): boolean {
  if (!isUp(state) || state.config.spec.provider === 'external' || namesItself(state)) return false;
  return state.instance.lastBeatAt === null || state.liveness === 'offline';
}

/** Whether to probe now. */
export function isProbeDue(state: AgentState, now: number): boolean {
  return isAlive(state) && (state.instance.endReported || (state.probeAt !== null && now >= state.probeAt));
}

/**
 * The state after a host has reported the end of an instance: the provider is asked at once, also
 * right after a probe or a wake in progress. The same object for an earlier instance or another
 * resource.
 */
export function applyEnd(state: AgentState, { key, instanceId }: InstanceEnded): AgentState {
  const isCurrent = key === state.config.key && instanceId === state.instance.id;
  if (!isCurrent || isAtRest(state) || state.instance.endReported) return state;
  return { ...state, instance: { ...state.instance, endReported: true } };
}

/**
 * Schedules a probe if a beat contradicts the state: a process that says `stopping` may have
 * ended, and a paused one cannot beat. The first contradiction is probed at once, later ones after
 * a backoff, because the beat may have been sent before the pause or by another program.
 */
export function probedAfterBeat(state: AgentState, status: Heartbeat['status'], now: number): AgentState {
  if (!isSuspended(state)) return status === 'stopping' ? probeNow(state, now) : withProbes(state, now);
  if (state.config.spec.provider === 'external' || namesItself(state) || state.probeAt !== null) return state;
  return { ...state, probeAt: state.probes === 0 ? now : now + Math.min(1_000 * 2 ** state.probes, SILENT_MAX_MS) };
}

/** Starts probing if a probe can show something, and stops it if it cannot. */
export function withProbes(state: AgentState, now: number): AgentState {
  if (isSuspended(state)) return state;
  if (!isSilent(state)) return state.probeAt === null ? state : { ...state, probeAt: null, probes: 0 };
  return state.probeAt === null ? { ...state, probeAt: now + 1_000, probes: 0 } : state;
}

/** Probes at once, because the process may be gone. */
export function probeNow(state: AgentState, now: number): AgentState {
  if (!isUp(state) || state.config.spec.provider === 'external') return state;
  return { ...state, probeAt: now, probes: 0 };
}

/** After a probe that changed nothing: doubles the wait until the next one. */
export function afterProbe(state: AgentState, now: number): AgentState {
  const probes = state.probes + 1;
  if (isSuspended(state)) return { ...state, probes, probeAt: null };
  if (!isSilent(state)) return { ...state, probeAt: null, probes: 0 };
  const { registeredAt } = state.instance;
  const isNew = registeredAt !== null && now - registeredAt < state.settings.startupGraceMs;
  const wait = Math.min(1_000 * 2 ** probes, isNew ? STARTING_MAX_MS : SILENT_MAX_MS);
  return { ...state, probes, probeAt: now + wait };
}
