/** Presents an agent's state: its view, the answers to commands, and its card. */
import { hasCrashed, isActive, isAtRest, isDown, isPending, isSuspended, isTerminated, isUp } from './lifecycle';
import type {
  AgentPhase,
  AgentTold,
  AgentView,
  AssignedSubscription,
  CommandResult,
  CommandState,
} from '../../contract/agent';
import type { WorkflowEnd } from '../../contract/ends';
import { DEFAULT_PERMISSIONS } from '../../contract/agent/adapter';
import { DIRECT_INCARNATION } from '../../contract/names';
import type { OpenTurn } from '../../contract/agent/open-turn';
import type { Trouble } from '../../contract/trouble';
import { movesOf } from './commands/commands';
import type { AgentState, RememberedRequest } from './state';
import { decisionsOf, summary } from './decisions';
import { inline } from '../lib/markdown';
import { lostText } from '../lib/ends';
import { sessionField } from './session';
import { heldByField } from './liveness/holders';
import { agentSettings } from './spec/settings';
import { troubleLines, troublesOf } from '../lib/troubles';
import { usageField } from '../lib/turn/usage';
import { openTurns } from './turns/open';
import { shortWhy, why } from './why';

/** The subscription without the reference to its secret. */
export function publicSubscription({ subscription }: AgentState): AssignedSubscription | null {
  if (subscription === null) return null;
  const { pool, name, assignment } = subscription;
  return { pool, name, assignment };
}

/**
 * The view of an agent. It has `openTurns`, `session`, `decisions` and `moves` only if asked for, and `troubles`
 * only if work is retried.
 */
export function agentView(state: AgentState, withDecisions = false, troubles: readonly Trouble[] = []): AgentView {
  const { instance, config } = state;
  const settings = agentSettings(config.spec);
  return {
    fleet: state.fleet,
    name: state.agent,
    status: state.status,
    phase: agentPhase(state),
    runtime: state.runtime,
    liveness: state.liveness,
    restarts: state.restarts,
    ...labelsField(state),
    holds: state.holds,
    turns: { inFlight: state.turns.inFlight.length, queued: state.turns.waiting.length },
    provider: config.spec.provider,
    ...permissionsField(config.spec),
    resourceId: config.resourceId,
    ...(instance.pid === null ? {} : { pid: instance.pid }),
    ...(config.host === undefined ? {} : { host: config.host }),
    instanceId: instance.id,
    endpoint: instance.endpoint,
    subscription: publicSubscription(state),
    registeredAt: iso(instance.registeredAt),
    lastProofAt: iso(instance.lastProofAt),
    ...heldByField(instance),
    ...usageField(state.usage),
    incarnation: config.incarnation,
    revision: config.revision,
    beats: { everyMs: settings.heartbeatEveryMs, staleAfterMs: settings.staleAfterMs },
    why: why(state),
    ...troublesOf(troubles),
    ...(withDecisions
      ? {
          openTurns: openTurns(state),
          ...sessionField(state),
          decisions: decisionsOf(state.log),
          moves: movesOf(state),
        }
      : {}),
  };
}

/**
 * The last view of an agent whose workflow is closed. If the agent was not terminated, its
 * workflow was ended from outside, and its process may still run.
 */
export function closedAgentView(view: AgentView, end: WorkflowEnd): AgentView {
  if (isTerminated(view)) return view;
  const { fleet, name, incarnation } = view;
  return {
    ...view,
    status: 'terminated',
    phase: 'terminated',
    why: `Ended from outside: ${lostText(end)}; ${recoveryHint(fleet, name, incarnation)}`,
  };
}

/** How to recover from the loss of an agent's workflow. */
function recoveryHint(fleet: string, agent: string, incarnation: string): string {
  const removes = 'drover gc --yes removes what it left running';
  return incarnation === DIRECT_INCARNATION
    ? `start ${fleet}/${agent} again in the way it was first started; ${removes}`
    : `drover apply of fleet ${fleet} creates it again; ${removes}`;
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** How far the actual state is from the desired one. */
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

/** The status as a person says it. A crashed agent that waits for its restart is restarting. */
export function agentPhase(state: AgentState): AgentPhase {
  if (isActive(state) && (state.restarting !== null || state.restartAt !== null)) return 'restarting';
  if (isPending(state)) return state.status;
  const progress = commandState(state);
  return progress === 'done' ? state.status : progress;
}

/** The fields of an agent in lists. `since` is when it was created, ISO 8601. */
export function agentTold(state: AgentState, since: string): AgentTold {
  const { runtime, restarts } = state;
  return {
    phase: agentPhase(state),
    runtime,
    restarts,
    since,
    why: shortWhy(state),
    ...labelsField(state),
  };
}

function labelsField({ config }: AgentState): Pick<AgentView, 'labels'> {
  const { labels } = config.spec;
  return labels === undefined ? {} : { labels };
}

/** The view shows the default too: its reader does not have the file. */
function permissionsField({ adapter }: AgentState['config']['spec']): Pick<AgentView, 'permissions'> {
  return adapter?.acp === undefined ? {} : { permissions: adapter.acp.permissions ?? DEFAULT_PERMISSIONS };
}

/** The answer to a command in the current state. */
export function commandResult(state: AgentState, requestId: string | undefined, changed: boolean): CommandResult {
  return { requestId: requestId ?? null, changed, state: commandState(state), agent: agentView(state) };
}

/** The first answer to a remembered request, within the current view of the agent. */
export function rememberedResult(state: AgentState, request: RememberedRequest): CommandResult {
  const { requestId, changed, answer } = request;
  if (answer === null) return commandResult(state, requestId, changed);
  const { state: how, ...then } = answer;
  return { requestId, changed, state: how, agent: agentView({ ...state, ...then }) };
}

/**
 * The Markdown card for Temporal's Web UI: state, troubles, holds, turns, the last ten decisions.
 */
export function card(state: AgentState, troubles: readonly Trouble[] = []): string {
  const view = agentView(state);
  const lines = [
    `**${view.fleet}/${view.name}** ${view.status} / ${view.runtime} / ${view.liveness}`,
    ...(view.why === null ? [] : ['', inline(view.why)]),
    '',
    ...troubleLines(troubles),
    `- turns: ${String(view.turns.inFlight)} in flight, ${String(view.turns.queued)} queued`,
    ...openTurns(state).slice(0, 10).map(openTurnLine),
    ...view.holds.map(
      ({ name, reason, since }) => `- hold ${name} since ${since}${reason === null ? '' : `: ${inline(reason)}`}`,
    ),
    `- provider ${view.provider}, resource ${inline(view.resourceId ?? 'unknown')}, revision ${String(view.revision)}`,
    '',
    ...decisionsOf(state.log)
      .slice(-10)
      .reverse()
      .map(
        (made) =>
          `- ${made.at} ${made.accepted ? '' : 'refused: '}${inline(made.what)} by ${inline(made.by)}: ${inline(made.after)}${made.why === null ? '' : ` (${inline(made.why)})`}`,
      ),
  ];
  return lines.join('\n');
}

function openTurnLine({ turnId, state, attempt, since, askAgainAt, error }: OpenTurn): string {
  const again = askAgainAt === null ? '' : `, asked again at ${askAgainAt}`;
  return `  - ${inline(turnId)} ${state} since ${since}, attempt ${String(attempt)}${error === null ? '' : `: ${inline(error)}`}${again}`;
}

/** A key that changes when the card may change; beats do not change it. */
export function cardKey(state: AgentState, troubles: readonly Trouble[] = []): string {
  const { waiting, inFlight } = state.turns;
  const tries = [...inFlight, ...waiting]
    .slice(0, 10)
    .map(({ turnId, attempt }) => `${turnId} ${String(attempt)}`)
    .join();
  return `${summary(state)} ${String(inFlight.length)} ${String(waiting.length)} ${tries} ${String(state.usage?.turns ?? 0)} ${String(state.config.revision)} ${String(state.log.next)} ${troubles.map(({ what, attempts }) => `${what} ${String(attempts)}`).join()}`;
}
