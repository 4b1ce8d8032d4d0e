/** Waits for the effect of an agent's command, and answers commands for terminated agents. */
import type { AgentCommand, AgentCommandOptions, AgentView, CommandResult, CommandState } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { OPERATOR_HOLD } from '../../contract/names';
import {
  hasFailed,
  isActive,
  isAlive,
  isAtRest,
  isPaused,
  isStopped,
  isSuspended,
  isTerminated,
  isUp,
  verdict,
} from '../../rules/agent/lifecycle';
import { pollUntil } from '../temporal/backoff';

/** When a command has taken effect, and when it never will. */
interface Goal {
  readonly reached: (agent: AgentView) => boolean;
  readonly lost: (agent: AgentView) => boolean;
}

const GOALS: Readonly<Record<Exclude<CommandState, 'done'>, Goal>> = {
  pausing: { reached: isSuspended, lost: (agent) => !isPaused(agent) },
  resuming: { reached: isUp, lost: (agent) => !isActive(agent) },
  stopping: { reached: isAtRest, lost: (agent) => !isStopped(agent) && !hasFailed(agent) },
  starting: { reached: isAlive, lost: (agent) => hasFailed(agent) || isStopped(agent) },
  terminating: { reached: (agent) => isTerminated(agent) && isAtRest(agent), lost: () => false },
};

/**
 * Waits until the command takes effect. `ProviderError` if it fails, `Timeout` at the deadline (by
 * the monotonic clock).
 */
export async function followCommand(
  command: AgentCommand,
  result: CommandResult,
  describe: () => Promise<AgentView>,
  deadline: number,
): Promise<CommandResult> {
  if (result.state === 'done') return result;
  const { reached, lost } = GOALS[result.state];
  const agent = await pollUntil(describe, (view) => reached(view) || lost(view), { deadline });
  const name = `${result.agent.fleet}/${result.agent.name}`;
  if (!agent) {
    throw new DroverError('Timeout', `${command} ${name} was accepted and is still ${result.state}; it goes on`, {
      requestId: result.requestId,
    });
  }
  if (reached(agent)) return { ...result, state: 'done', agent };
  throw new DroverError(
    'ProviderError',
    `${command} ${name} did not take effect: ${agent.why ?? `the agent is ${agent.status}`}`,
    { agent },
  );
}

/**
 * The last view of an agent whose workflow is closed. `isLost`: it was ended from outside, so its
 * resource was not removed.
 */
export interface LastWord {
  readonly agent: AgentView;
  readonly isLost: boolean;
}

/**
 * The answer for an agent whose workflow is closed: the last column of the command table, from its
 * last `describe`. `error` is the error of the update; it is thrown again unless it says that the
 * workflow is closed.
 */
export async function answerForTerminated<C extends AgentCommand>(
  error: unknown,
  command: C,
  request: AgentCommandOptions[C],
  lastWord: () => Promise<LastWord>,
): Promise<CommandResult> {
  if (!(error instanceof DroverError && error.code === 'AgentNotFound')) throw error;
  const { agent, isLost } = await lastWord();
  const hold = 'hold' in request && request.hold !== undefined ? request.hold : OPERATOR_HOLD;
  const holdSet = agent.holds.some(({ name }) => name === hold);
  const answer = verdict(command, 'terminated', { runtime: agent.runtime, holdSet, cancelPending: false });
  // An agent that was ended from outside may still have a running resource, so no command is done.
  if (!isLost && (answer === 'ok' || answer === 'same')) {
    return { requestId: request.requestId ?? null, changed: false, state: 'done', agent };
  }
  const current = {
    status: agent.status,
    runtime: agent.runtime,
    liveness: agent.liveness,
    holds: agent.holds.map(({ name }) => name),
  };
  const why = isLost ? (agent.why ?? '') : 'it is terminated; apply its fleet to get a new one';
  throw new DroverError(
    answer === 'ok' || answer === 'same' ? 'AgentStatusError' : answer,
    `cannot ${command} ${agent.fleet}/${agent.name}: ${why}`,
    { current: { ...current, status: 'terminated' }, allowed: isLost ? [] : ['terminate'] },
  );
}
