/**
 * An agent's status and runtime: one table each, and the one table of what every command does in every status.
 * docs/lifecycle.md is checked against these tables, and every other place asks them.
 */
import type { AgentCommand, AgentStatus, Runtime, Unknown } from '../../contract/agent';
import { DroverError } from '../../contract/errors';

/** From each status, the statuses it may become. */
export const STATUS_TRANSITIONS: Readonly<Record<AgentStatus, readonly AgentStatus[]>> = {
  pending: ['running', 'stopped', 'failed', 'terminated'],
  running: ['paused', 'stopped', 'failed', 'terminated'],
  paused: ['running', 'stopped', 'failed', 'terminated'],
  stopped: ['running', 'terminated'],
  failed: ['running', 'terminated'],
  terminated: [],
};

/** From each runtime, the runtimes it may become. */
export const RUNTIME_TRANSITIONS: Readonly<Record<Runtime, readonly Runtime[]>> = {
  stopped: ['starting'],
  starting: ['running', 'stopping', 'crashed'],
  running: ['paused', 'stopping', 'crashed'],
  paused: ['running', 'stopping', 'crashed'],
  stopping: ['stopped', 'crashed'],
  crashed: ['starting'],
};

/** The new status; same to same is a no-op, a pair that is not in the table is an `AgentStatusError`. */
export function moveStatus(from: AgentStatus, to: AgentStatus): AgentStatus {
  if (from === to || STATUS_TRANSITIONS[from].includes(to)) return to;
  throw new DroverError('AgentStatusError', `status cannot go from ${from} to ${to}`, { from, to });
}

/** The new runtime; a pair that is not in the table, same to same included, is a `RuntimeStateError`. */
export function moveRuntime(from: Runtime, to: Runtime): Runtime {
  if (RUNTIME_TRANSITIONS[from].includes(to)) return to;
  throw new DroverError('RuntimeStateError', `runtime cannot go from ${from} to ${to}`, { from, to });
}

/** An agent's status: what has been decided for it; `unknown` in lists, where its workflow does not answer. */
interface WithStatus {
  readonly status: AgentStatus | Unknown;
}

/** An agent's runtime: what its process or container does. */
interface WithRuntime {
  readonly runtime: Runtime;
}

/** Whether its first start has not ended yet. */
export const isPending = ({ status }: WithStatus): boolean => status === 'pending';
/** Whether it has been decided that the agent works. */
export const isActive = ({ status }: WithStatus): boolean => status === 'running';
/** Whether a hold keeps the agent from working; its runtime may yet have to follow. */
export const isPaused = ({ status }: WithStatus): boolean => status === 'paused';
/** Whether the agent was stopped on purpose; `start` brings it back. */
export const isStopped = ({ status }: WithStatus): boolean => status === 'stopped';
/** Whether Drover has given up bringing the agent to work; `start` tries again. */
export const hasFailed = ({ status }: WithStatus): boolean => status === 'failed';
/** Whether the agent is ended for good. */
export const isTerminated = ({ status }: WithStatus): boolean => status === 'terminated';

/** Whether the process runs, as far as is known. */
export const isUp = ({ runtime }: WithRuntime): boolean => runtime === 'running';
/** Whether the process is suspended. */
export const isSuspended = ({ runtime }: WithRuntime): boolean => runtime === 'paused';
/** Whether the process was stopped, or has never run. */
export const isDown = ({ runtime }: WithRuntime): boolean => runtime === 'stopped';
/** Whether the process is being started. */
export const isStarting = ({ runtime }: WithRuntime): boolean => runtime === 'starting';
/** Whether the process is being stopped. */
export const isStopping = ({ runtime }: WithRuntime): boolean => runtime === 'stopping';
/** Whether the process has ended by itself. */
export const hasCrashed = ({ runtime }: WithRuntime): boolean => runtime === 'crashed';

/** Whether nothing of the agent runs as far as is known: from here only a wake leads on. */
export const isAtRest = (agent: WithRuntime): boolean => isDown(agent) || hasCrashed(agent);
/** Whether there is a process, suspended or not. */
export const isAlive = (agent: WithRuntime): boolean => isUp(agent) || isSuspended(agent);
/** Whether the agent was ended on purpose, for now or for good. */
export const isOver = (agent: WithStatus): boolean => isStopped(agent) || isTerminated(agent);

/** Whether the runtime has yet to follow a pause or a resume: turns drain, or the provider is being asked. */
export function isFollowing(status: AgentStatus, runtime: Runtime): boolean {
  const agent = { status, runtime };
  return (isPaused(agent) && isUp(agent)) || (isActive(agent) && isSuspended(agent));
}

/** What a command meets: it changes something, it changes nothing, or it is refused with that code. */
export type Verdict = 'ok' | 'same' | 'AgentStatusError' | 'RuntimeStateError' | 'ResumeStateError';

/** A cell of the command table: a verdict, or the name of a condition that decides (`CONDITIONS`). */
export type Cell = Verdict | keyof typeof CONDITIONS;

/** What the conditions of the table look at. */
export interface Situation {
  readonly runtime: Runtime;
  /** Whether the hold that the command names is set. */
  readonly holdSet: boolean;
  /** `resume {cancelPending: true}`: a pause that has not reached the runtime may be withdrawn. */
  readonly cancelPending: boolean;
}

/** The cells that depend on more than the status. */
export const CONDITIONS = {
  'another hold': (now: Situation): Verdict => (now.holdSet ? 'RuntimeStateError' : 'ok'),
  'paused with that hold': (now: Situation): Verdict =>
    now.holdSet && (now.runtime === 'paused' || now.cancelPending) ? 'ok' : 'ResumeStateError',
  'unless stopped': (now: Situation): Verdict => (now.runtime === 'stopped' ? 'same' : 'ok'),
  'new hold': (now: Situation): Verdict => (now.holdSet ? 'same' : 'ok'),
  'held so': (now: Situation): Verdict => (now.holdSet ? 'ok' : 'same'),
} as const;

/** What each command does in each status. */
export const COMMAND_TABLE: Readonly<Record<AgentCommand, Readonly<Record<AgentStatus, Cell>>>> = {
  pause: {
    pending: 'RuntimeStateError',
    running: 'ok',
    paused: 'another hold',
    stopped: 'RuntimeStateError',
    failed: 'RuntimeStateError',
    terminated: 'AgentStatusError',
  },
  resume: {
    pending: 'ResumeStateError',
    running: 'ResumeStateError',
    paused: 'paused with that hold',
    stopped: 'ResumeStateError',
    failed: 'ResumeStateError',
    terminated: 'ResumeStateError',
  },
  stop: {
    pending: 'ok',
    running: 'ok',
    paused: 'ok',
    stopped: 'same',
    failed: 'unless stopped',
    terminated: 'AgentStatusError',
  },
  start: {
    pending: 'AgentStatusError',
    running: 'same',
    paused: 'AgentStatusError',
    stopped: 'ok',
    failed: 'ok',
    terminated: 'AgentStatusError',
  },
  restart: {
    pending: 'AgentStatusError',
    running: 'ok',
    paused: 'ok',
    stopped: 'AgentStatusError',
    failed: 'AgentStatusError',
    terminated: 'AgentStatusError',
  },
  terminate: { pending: 'ok', running: 'ok', paused: 'ok', stopped: 'ok', failed: 'ok', terminated: 'same' },
  hold: {
    pending: 'new hold',
    running: 'new hold',
    paused: 'new hold',
    stopped: 'new hold',
    failed: 'new hold',
    terminated: 'AgentStatusError',
  },
  release: {
    pending: 'held so',
    running: 'held so',
    paused: 'held so',
    stopped: 'held so',
    failed: 'held so',
    terminated: 'AgentStatusError',
  },
};

/** The table's answer for one command in one status and situation. */
export function verdict(command: AgentCommand, status: AgentStatus, situation: Situation): Verdict {
  const cell = COMMAND_TABLE[command][status];
  return isVerdict(cell) ? cell : CONDITIONS[cell](situation);
}

function isVerdict(cell: Cell): cell is Verdict {
  return !Object.hasOwn(CONDITIONS, cell);
}
