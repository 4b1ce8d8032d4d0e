/**
 * The lifecycle of an agent: a table of transitions for status and for runtime, and the table of
 * each command's effect in each status. A test holds docs/lifecycle.md to these tables, and all
 * other code asks them.
 */
import type { AgentCommand, AgentStatus, Runtime, Unknown } from '../../contract/agent';
import { DroverError } from '../../contract/errors';

/** The statuses that may follow each status. */
export const STATUS_TRANSITIONS: Readonly<Record<AgentStatus, readonly AgentStatus[]>> = {
  pending: ['running', 'stopped', 'failed', 'terminated'],
  running: ['paused', 'stopped', 'failed', 'terminated'],
  paused: ['running', 'stopped', 'failed', 'terminated'],
  stopped: ['running', 'terminated'],
  failed: ['running', 'terminated'],
  terminated: [],
};

/** The runtimes that may follow each runtime. */
export const RUNTIME_TRANSITIONS: Readonly<Record<Runtime, readonly Runtime[]>> = {
  stopped: ['starting'],
  starting: ['running', 'stopping', 'crashed'],
  running: ['paused', 'stopping', 'crashed'],
  paused: ['running', 'stopping', 'crashed'],
  stopping: ['stopped', 'crashed'],
  crashed: ['starting'],
};

/**
 * The new status. The same status is allowed; any other pair outside the table throws
 * `AgentStatusError`.
 */
export function moveStatus(from: AgentStatus, to: AgentStatus): AgentStatus {
  if (from === to || STATUS_TRANSITIONS[from].includes(to)) return to;
  throw new DroverError('AgentStatusError', `status cannot go from ${from} to ${to}`, { from, to });
}

/**
 * The new runtime. A pair outside the table, the same runtime included, throws `RuntimeStateError`.
 */
export function moveRuntime(from: Runtime, to: Runtime): Runtime {
  if (RUNTIME_TRANSITIONS[from].includes(to)) return to;
  throw new DroverError('RuntimeStateError', `runtime cannot go from ${from} to ${to}`, { from, to });
}

/**
 * An agent's status is its desired state; `unknown` in lists, if its workflow does not answer.
 */
interface WithStatus {
  readonly status: AgentStatus | Unknown;
}

/** An agent's runtime is the actual state of its process or container. */
interface WithRuntime {
  readonly runtime: Runtime;
}

/** Whether the agent's first start is still under way. */
export const isPending = ({ status }: WithStatus): boolean => status === 'pending';
/** Whether the agent is meant to work. */
export const isActive = ({ status }: WithStatus): boolean => status === 'running';
/** Whether a hold keeps the agent from working; its runtime may lag behind. */
export const isPaused = ({ status }: WithStatus): boolean => status === 'paused';
/** Whether the agent was stopped on purpose; `start` brings it back. */
export const isStopped = ({ status }: WithStatus): boolean => status === 'stopped';
/** Whether Drover gave up on the agent; `start` tries again. */
export const hasFailed = ({ status }: WithStatus): boolean => status === 'failed';
/** Whether the agent has ended for good. */
export const isTerminated = ({ status }: WithStatus): boolean => status === 'terminated';

/** Whether the process runs, as far as Drover knows. */
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

/** Whether no process runs, as far as Drover knows; only a wake leads on from here. */
export const isAtRest = (agent: WithRuntime): boolean => isDown(agent) || hasCrashed(agent);
/** Whether there is a process, suspended or not. */
export const isAlive = (agent: WithRuntime): boolean => isUp(agent) || isSuspended(agent);
/** Whether the agent was ended on purpose, for now or for good. */
export const isOver = (agent: WithStatus): boolean => isStopped(agent) || isTerminated(agent);

/**
 * Whether the runtime lags behind a pause or a resume: turns drain, or the provider call is in
 * progress.
 */
export function isFollowing(status: AgentStatus, runtime: Runtime): boolean {
  const agent = { status, runtime };
  return (isPaused(agent) && isUp(agent)) || (isActive(agent) && isSuspended(agent));
}

/**
 * The verdict on a command: it changes something, it changes nothing, or it is refused with this
 * code.
 */
export type Verdict = 'ok' | 'same' | 'AgentStatusError' | 'RuntimeStateError' | 'ResumeStateError';

/**
 * A cell of the command table: a verdict, or the name of the condition that decides (`CONDITIONS`).
 */
export type Cell = Verdict | keyof typeof CONDITIONS;

/** The input of the table's conditions. */
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

/** The effect of each command in each status. */
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
