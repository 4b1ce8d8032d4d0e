/** What people and programs see of an agent's state: the view, the answer's state, the card, the search attributes. */
import { hasCrashed, isDown, isSuspended, isTerminated, isUp, isAtRest } from './lifecycle';
import type { AgentView, AssignedSubscription, CommandResult, CommandState } from '../../contract/agent';
import type { WorkflowEnd } from '../../contract/ends';
import { DIRECT_INCARNATION } from '../../contract/names';
import type { Trouble } from '../../contract/trouble';
import type { AgentState, RememberedRequest } from './state';
import { inShort } from './decisions';
import { lostText } from '../lib/ends';
import { agentSettings } from './settings';
import { troubleLines, troublesOf } from '../lib/troubles';
import { why } from './why';

/** The subscription as others see it, without the reference to its secret. */
export function publicSubscription({ subscription }: AgentState): AssignedSubscription | null {
  if (subscription === null) return null;
  const { pool, name, assignment } = subscription;
  return { pool, name, assignment };
}

/** The view; `decisions` only where asked for, as `troubles` are. */
export function agentView(state: AgentState, withDecisions = false, troubles: readonly Trouble[] = []): AgentView {
  const { instance, config } = state;
  const settings = agentSettings(config.spec);
  return {
    fleet: state.fleet,
    name: state.agent,
    status: state.status,
    runtime: state.runtime,
    liveness: state.liveness,
    holds: state.holds,
    turns: { inFlight: state.turns.inFlight.length, queued: state.turns.waiting.length },
    provider: config.spec.provider,
    resourceId: config.resourceId,
    ...(instance.pid === null ? {} : { pid: instance.pid }),
    ...(config.host === undefined ? {} : { host: config.host }),
    instanceId: instance.id,
    endpoint: instance.endpoint,
    subscription: publicSubscription(state),
    registeredAt: iso(instance.registeredAt),
    lastProofAt: iso(instance.lastProofAt),
    incarnation: config.incarnation,
    revision: config.revision,
    beats: { everyMs: settings.heartbeatEveryMs, staleAfterMs: settings.staleAfterMs },
    why: why(state),
    ...troublesOf(troubles),
    ...(withDecisions ? { decisions: state.decisions } : {}),
  };
}

/**
 * The last view of an agent whose workflow is closed: where it had not ended itself, it was ended from outside, and nobody has stopped
 * what it ran.
 */
export function closedAgentView(view: AgentView, end: WorkflowEnd): AgentView {
  if (isTerminated(view)) return view;
  const { fleet, name, incarnation } = view;
  return {
    ...view,
    status: 'terminated',
    why: `Ended from outside: ${lostText(end)}; ${wayOn(fleet, name, incarnation)}`,
  };
}

/** What makes up for an agent's workflow that is gone. */
function wayOn(fleet: string, agent: string, incarnation: string): string {
  const removes = 'drover gc --yes removes what it left running';
  return incarnation === DIRECT_INCARNATION
    ? `start ${fleet}/${agent} again as it was started first; ${removes}`
    : `drover apply of fleet ${fleet} makes it again; ${removes}`;
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** How far the provider is from what has been decided. */
export function commandState(state: AgentState): CommandState {
  switch (state.status) {
    case 'terminated':
      return state.destroyed ? 'done' : 'terminating';
    case 'stopped':
      return isAtRest(state) ? 'done' : 'stopping';
    case 'failed':
      return state.stopGraceMs === null || isDown(state) ? 'done' : 'stopping';
    case 'paused':
      if (state.restarting !== null) return 'starting';
      if (state.effect === 'continue') return 'pausing';
      return isSuspended(state) || hasCrashed(state) ? 'done' : 'pausing';
    case 'pending':
      return 'starting';
    case 'running':
      if (state.restarting !== null) return 'starting';
      if (isSuspended(state) || state.effect === 'suspend') return 'resuming';
      return isUp(state) ? 'done' : 'starting';
  }
}

/** A command's answer now. */
export function commandResult(state: AgentState, requestId: string | undefined, changed: boolean): CommandResult {
  return { requestId: requestId ?? null, changed, state: commandState(state), agent: agentView(state) };
}

/** The first acceptance's answer, with what else is known of the agent today. */
export function rememberedResult(state: AgentState, request: RememberedRequest): CommandResult {
  const { requestId, changed, answer } = request;
  if (answer === null) return commandResult(state, requestId, changed);
  const { state: how, ...then } = answer;
  return { requestId, changed, state: how, agent: agentView({ ...state, ...then }) };
}

/** The Markdown card that Temporal's Web UI shows: state, troubles, holds, turns, the last ten decisions. */
export function card(state: AgentState, troubles: readonly Trouble[] = []): string {
  const view = agentView(state);
  const lines = [
    `**${view.fleet}/${view.name}** ${view.status} / ${view.runtime} / ${view.liveness}`,
    ...(view.why === null ? [] : ['', view.why]),
    '',
    ...troubleLines(troubles),
    `- turns: ${String(view.turns.inFlight)} in flight, ${String(view.turns.queued)} queued`,
    ...view.holds.map(
      ({ name, reason, since }) => `- hold ${name} since ${since}${reason === null ? '' : `: ${reason}`}`,
    ),
    `- provider ${view.provider}, resource ${view.resourceId ?? 'unknown'}, revision ${String(view.revision)}`,
    '',
    ...state.decisions
      .slice(-10)
      .reverse()
      .map(
        (made) =>
          `- ${made.at} ${made.accepted ? '' : 'refused: '}${made.what} by ${made.by}: ${made.after}${made.why === null ? '' : ` (${made.why})`}`,
      ),
  ];
  return lines.join('\n');
}

/** A text that changes exactly when the card may: beats do not change it. */
export function cardKey(state: AgentState, troubles: readonly Trouble[] = []): string {
  const { waiting, inFlight } = state.turns;
  const last = state.decisions.at(-1);
  return `${inShort(state)} ${String(inFlight.length)} ${String(waiting.length)} ${String(state.config.revision)} ${last?.at ?? ''} ${last?.what ?? ''} ${String(state.decisions.length)} ${troubles.map(({ what, attempts }) => `${what} ${String(attempts)}`).join()}`;
}
