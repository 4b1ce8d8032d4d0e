/** When the provider is asked what is true of an agent that is silent, or that is not although it is paused: 1 s, 2 s, 4 s … apart. */
import { isAlive, isSuspended, isUp } from './lifecycle';
import type { Heartbeat } from '../../contract/agent';
import { type AgentState, namesItself } from './state';

/** While an agent starts, an early exit shall be known soon. */
const STARTING_MAX_MS = 15_000;
/** Later the answer is known to be "it runs, and is silent", so it is asked seldom. */
const SILENT_MAX_MS = 5 * 60_000;

/** Whether there is anything to learn from the provider: it started the process, and no beat proves it alive. */
function isSilent(state: AgentState): boolean {
  if (!isUp(state) || state.config.spec.provider === 'external' || namesItself(state)) return false;
  return state.instance.lastBeatAt === null || state.liveness === 'offline';
}

/** Whether to ask now. */
export function isProbeDue(state: AgentState, now: number): boolean {
  return state.probeAt !== null && now >= state.probeAt && isAlive(state);
}

/**
 * Asks where a beat speaks against what is believed: a process that says good-bye may end by itself, and one that is paused cannot beat.
 * The first doubt is looked into at once. A beat that was on its way before the pause, or that something else sends, is not doubted twice.
 */
export function probedAfterBeat(state: AgentState, status: Heartbeat['status'], now: number): AgentState {
  if (!isSuspended(state)) return status === 'stopping' ? probeNow(state, now) : withProbes(state, now);
  if (state.config.spec.provider === 'external' || namesItself(state) || state.probeAt !== null) return state;
  return { ...state, probeAt: state.probes === 0 ? now : now + Math.min(1_000 * 2 ** state.probes, SILENT_MAX_MS) };
}

/** Begins to ask where that makes sense and has not begun, and ends it where it does not. */
export function withProbes(state: AgentState, now: number): AgentState {
  if (isSuspended(state)) return state;
  if (!isSilent(state)) return state.probeAt === null ? state : { ...state, probeAt: null, probes: 0 };
  return state.probeAt === null ? { ...state, probeAt: now + 1_000, probes: 0 } : state;
}

/** Asks at once, because something speaks against the process being there. */
export function probeNow(state: AgentState, now: number): AgentState {
  if (!isUp(state) || state.config.spec.provider === 'external') return state;
  return { ...state, probeAt: now, probes: 0 };
}

/** After an answer that changed nothing: twice as long until the next question. */
export function afterProbe(state: AgentState, now: number): AgentState {
  const probes = state.probes + 1;
  if (isSuspended(state)) return { ...state, probes, probeAt: null };
  if (!isSilent(state)) return { ...state, probeAt: null, probes: 0 };
  const { registeredAt } = state.instance;
  const isNew = registeredAt !== null && now - registeredAt < state.settings.startupGraceMs;
  const wait = Math.min(1_000 * 2 ** probes, isNew ? STARTING_MAX_MS : SILENT_MAX_MS);
  return { ...state, probes, probeAt: now + wait };
}
