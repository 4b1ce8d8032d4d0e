/** Decides when to announce that an agent is ready, offline or failed: once per change. */
import { hasCrashed, hasFailed, isActive, isUp } from '../agent/lifecycle';
import type { NewEntry } from '../../contract/event/log';
import { append } from '../lib/log/log';
import type { AgentState, Announcement } from '../agent/state';
import { nameOf } from '../agent/subscription/switches';
import { shortWhy } from '../agent/why';

/** The event of each announcement. */
export const ANNOUNCEMENTS = {
  ready: 'agent.ready',
  offline: 'agent.offline',
  failed: 'agent.failed',
} as const satisfies Record<Announcement, string>;

/** The event that is due; null: none. A planned stop or restart is not announced. */
export function dueAnnouncement(state: AgentState): NewEntry | null {
  const present = announcementOf(state);
  if (present === null || present === state.announced) return null;
  const { status, runtime, liveness, reason, instance } = state;
  return {
    type: ANNOUNCEMENTS[present],
    data: { agent: nameOf(state), status, runtime, liveness, instanceId: instance.id, reason, why: shortWhy(state) },
  };
}

/** Records the announcement that is due in the log. */
export function announce(state: AgentState, now: number): AgentState {
  const due = dueAnnouncement(state);
  return due === null ? state : markAnnounced({ ...state, log: append(state.log, due, now) });
}

/** Records that the announcement was made. */
export function markAnnounced(state: AgentState): AgentState {
  return { ...state, announced: announcementOf(state) ?? state.announced };
}

/** The announcement for an agent in this state; null: none. */
export function announcementOf(
  agent: Pick<AgentState, 'status' | 'runtime' | 'liveness' | 'restarting'>,
): Announcement | null {
  if (hasFailed(agent)) return 'failed';
  if (!isActive(agent) || agent.restarting !== null) return null;
  if (agent.liveness === 'offline') return isUp(agent) || hasCrashed(agent) ? 'offline' : null;
  return isUp(agent) && agent.liveness !== 'starting' ? 'ready' : null;
}
