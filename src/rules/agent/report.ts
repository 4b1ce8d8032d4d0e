/** Settles an agent's start, and decides which report of it is due. */
import { isActive, isPaused, isOver, isPending, isSuspended, isUp } from './lifecycle';
import type { AgentReport } from '../../contract/agent';
import { type AgentState } from './state';

/**
 * Settles the start once. It is `ready` at the first beat that is not `stopping`; for a held agent,
 * once the runtime is paused; and while its pool is exhausted. A stop before that settles it as
 * `failed`.
 */
export function settle(state: AgentState): AgentState {
  if (state.settled?.outcome === 'ready') return state;
  if (isReady(state)) return { ...state, settled: { outcome: 'ready', error: null } };
  const ended = isOver(state);
  if (state.settled !== null || !ended) return state;
  return { ...state, settled: { outcome: 'failed', error: `${state.status} before it was ready` } };
}

function isReady(state: AgentState): boolean {
  // It starts by itself when its pool has a credential again; a change need not wait for that.
  if (isPending(state)) return state.switches.switching?.step === 'waiting';
  if (isPaused(state)) return isSuspended(state);
  return isActive(state) && isUp(state) && state.instance.lastBeatAt !== null && state.liveness !== 'offline';
}

/** The report that is due, with the id of the workflow that waits for it; null: none is due. */
export function dueReport(state: AgentState): { readonly to: string; readonly report: AgentReport } | null {
  const { reportTo, incarnation, revision } = state.config;
  if (reportTo === undefined || state.settled === null || state.reportedTo === reportMark(state)) return null;
  const { pid } = state.instance;
  const report: AgentReport = {
    agent: state.agent,
    incarnation,
    revision,
    ...state.settled,
    ...(pid === null ? {} : { pid }),
  };
  return { to: reportTo, report };
}

/** Records that the current report has been sent. */
export function markReported(state: AgentState): AgentState {
  return { ...state, reportedTo: reportMark(state) };
}

function reportMark(state: AgentState): string {
  return `${state.config.reportTo ?? ''}@${String(state.config.revision)}`;
}
