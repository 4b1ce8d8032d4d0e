/** What people are told of an agent, and when: ready, offline or failed, each once until it is something else. */
import { hasCrashed, hasFailed, isActive, isUp } from '../agent/lifecycle';
import type { EventType } from '../../contract/event';
import type { AgentState, Announcement } from '../agent/state';
import { nameOf } from '../agent/subscription/switches';

/** The event that each of them is. */
export const ANNOUNCEMENTS: Readonly<Record<Announcement, EventType>> = {
  ready: 'agent.ready',
  offline: 'agent.offline',
  failed: 'agent.failed',
};

/** The event that is due; null: nothing new. A planned stop or restart is no news. */
export function dueAnnouncement(
  state: AgentState,
): { readonly type: EventType; readonly data: Readonly<Record<string, unknown>> } | null {
  const present = announcementOf(state);
  if (present === null || present === state.announced) return null;
  const { status, runtime, liveness, reason, instance } = state;
  return {
    type: ANNOUNCEMENTS[present],
    data: { agent: nameOf(state), status, runtime, liveness, instanceId: instance.id, reason },
  };
}

/** Notes that people have been told. */
export function markAnnounced(state: AgentState): AgentState {
  return { ...state, announced: announcementOf(state) ?? state.announced };
}

/** What there is to tell of an agent that is like this; null: nothing, for now. */
export function announcementOf(
  agent: Pick<AgentState, 'status' | 'runtime' | 'liveness' | 'restarting'>,
): Announcement | null {
  if (hasFailed(agent)) return 'failed';
  if (!isActive(agent) || agent.restarting !== null) return null;
  if (agent.liveness === 'offline') return isUp(agent) || hasCrashed(agent) ? 'offline' : null;
  return isUp(agent) && agent.liveness !== 'starting' ? 'ready' : null;
}
