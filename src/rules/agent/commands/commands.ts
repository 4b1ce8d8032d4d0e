/**
 * Applies commands to an agent's state, or refuses them. The effects follow from the new state
 * (reconcile/next-effect.ts).
 */
import {
  type AgentCommand,
  type AgentCommandOptions,
  type AgentStatus,
  type Hold,
  type Move,
  type PauseMode,
  AGENT_COMMANDS,
} from '../../../contract/agent';
import {
  isAlive,
  hasCrashed,
  hasFailed,
  isActive,
  isPaused,
  isStopping,
  isSuspended,
  type Verdict,
  moveStatus,
  verdict,
} from '../lifecycle';
import { DRAIN_TIMEOUT_MS, STOP_GRACE_MS } from '../spec/settings';
import { DroverError } from '../../../contract/errors';
import { OPERATOR_HOLD, RESERVED_HOLDS } from '../../../contract/names';
import type { AgentState } from '../state';
import { releaseCommand } from './holds';
import { durationMs } from '../../lib/duration';

/** A command with its parsed options. */
export type CommandRequest = {
  readonly [C in AgentCommand]: { readonly command: C; readonly options: AgentCommandOptions[C] };
}[AgentCommand];

/** The outcome of an accepted command: the new state, and whether anything changed. */
export interface Accepted {
  readonly state: AgentState;
  readonly changed: boolean;
}

/** The name of the hold that a command sets or releases. */
export function holdOf(request: CommandRequest): string {
  return 'hold' in request.options && request.options.hold !== undefined ? request.options.hold : OPERATOR_HOLD;
}

/** The verdict of the command table for this command in this state. */
export function judge(state: AgentState, request: CommandRequest): Verdict {
  const hold = holdOf(request);
  return verdict(request.command, state.status, {
    runtime: state.runtime,
    holdSet: state.holds.some(({ name }) => name === hold),
    cancelPending: request.command === 'resume' && request.options.cancelPending === true,
  });
}

/** Applies the command, or throws its refusal with `details: {current, allowed}`. */
export function decide(state: AgentState, request: CommandRequest, now: number): Accepted {
  const found = judge(state, request);
  if (found === 'ok') return { state: { ...apply(state, request, now), op: state.op + 1 }, changed: true };
  if (found === 'same') return { state, changed: false };
  throw refusal(state, request, found);
}

/**
 * The commands that would change something now, those on holds tried with `operator` and with each
 * hold that is set.
 */
export function allowedCommands(state: AgentState): AgentCommand[] {
  const names = [OPERATOR_HOLD, ...state.holds.map(({ name }) => name)];
  return AGENT_COMMANDS.filter((command) =>
    names.some((hold) => judge(state, { command, options: { hold } } as CommandRequest) === 'ok'),
  );
}

/**
 * Every command as it would be judged now: the one of its holds that would change something, else why none
 * would.
 */
export function movesOf(state: AgentState): Move[] {
  const possible = allowedCommands(state);
  return AGENT_COMMANDS.map((command) => ({
    command,
    why: possible.includes(command) ? null : whyNot(state, { command, options: {} } as CommandRequest),
  }));
}

function whyNot(state: AgentState, request: CommandRequest): string {
  const found = judge(state, request);
  return found === 'ok' || found === 'same'
    ? `${request.command} would change nothing: ${state.fleet}/${state.agent} is ${state.status}`
    : refusal(state, request, found).message;
}

function refusal(state: AgentState, request: CommandRequest, code: Exclude<Verdict, 'ok' | 'same'>): DroverError {
  const { status, runtime, liveness } = state;
  const holds = state.holds.map(({ name }) => name);
  const allowed = allowedCommands(state).filter((command) => command !== request.command);
  const message =
    `cannot ${request.command} ${state.fleet}/${state.agent}: status ${status}, runtime ${runtime}, ` +
    `${holds.length === 0 ? 'no holds' : `holds ${holds.join(', ')}`}; ` +
    `allowed now: ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}${withdrawal(state, request)}${heldBy(state, request)}`;
  return new DroverError(code, message, { current: { status, runtime, liveness, holds }, allowed });
}

/** The hint for a `resume` that arrives before the pause has reached the runtime. */
function withdrawal(state: AgentState, request: CommandRequest): string {
  if (request.command !== 'resume') return '';
  const pending = judge(state, { ...request, options: { ...request.options, cancelPending: true } }) === 'ok';
  return pending ? '; its pause is still under way: wait for it, or withdraw it with resume --cancel-pending' : '';
}

/** The ways on for a `resume` or a `start` of an agent that other holds keep from working. */
function heldBy(state: AgentState, request: CommandRequest): string {
  if (request.command !== 'resume' && request.command !== 'start') return '';
  const others = state.holds.filter(({ name }) => request.command === 'start' || name !== holdOf(request));
  return others.map(({ name }) => `; held by ${name}: ${releaseCommand(name, state)}`).join('');
}

function apply(state: AgentState, request: CommandRequest, now: number): AgentState {
  const hold = holdOf(request);
  switch (request.command) {
    case 'pause': {
      const { mode = 'drain', drainTimeout, reason = null } = request.options;
      return applyDrain(applyHold(state, hold, reason, now), mode, drainTimeout, now);
    }
    case 'hold':
      return applyDrain(applyHold(state, hold, request.options.reason ?? null, now), 'drain', undefined, now);
    case 'resume':
    case 'release':
      return applyRelease(state, hold);
    case 'stop':
      return applyStop(state, hasFailed(state) ? 'failed' : 'stopped', msOf(request.options.grace, STOP_GRACE_MS));
    case 'terminate':
      return applyStop(state, 'terminated', STOP_GRACE_MS);
    case 'start':
      return applyStart(state, now);
    case 'restart':
      return applyDrain(
        { ...state, restarting: 'stop', restartAt: null, restarts: state.restarts + 1 },
        request.options.mode ?? 'drain',
        undefined,
        now,
      );
  }
}

function applyStart(state: AgentState, now: number): AgentState {
  const restartAt = hasCrashed(state) ? now : null;
  const stopGraceMs = isStopping(state) ? state.stopGraceMs : null;
  const running = moveStatus(state.status, 'running');
  // The stop has not begun, so the process still runs, and no wake will apply the holds.
  const isThere = isAlive(state);
  const status = isThere && state.holds.length > 0 ? moveStatus(running, 'paused') : running;
  return { ...state, status, reason: null, crashes: [], restartAt, stopGraceMs };
}

/** The most holds that users may set on one agent. Drover's own holds do not count. */
export const HOLDS_MAX = 32;
/** Holds of one agent in all. */
export const MOST_HOLDS = HOLDS_MAX + RESERVED_HOLDS.length;

/**
 * Whether one more hold of this name fits. The reserved holds always fit, so a fleet or an operator
 * can always pause.
 */
export function hasRoomFor(holds: readonly Hold[], name: string): boolean {
  return (
    RESERVED_HOLDS.includes(name) || holds.filter((hold) => !RESERVED_HOLDS.includes(hold.name)).length < HOLDS_MAX
  );
}

function applyHold(state: AgentState, name: string, reason: string | null, now: number): AgentState {
  if (!hasRoomFor(state.holds, name)) {
    throw new DroverError(
      'LimitReached',
      `${state.fleet}/${state.agent} has ${String(HOLDS_MAX)} holds; release one first`,
    );
  }
  const hold: Hold = { name, reason, since: new Date(now).toISOString() };
  const status = isActive(state) ? moveStatus(state.status, 'paused') : state.status;
  return { ...state, status, holds: [...state.holds, hold] };
}

/**
 * Sets the end of the drain. The earlier end wins, so a second pause never makes the first one wait
 * longer.
 */
function applyDrain(state: AgentState, mode: PauseMode, timeout: string | undefined, now: number): AgentState {
  if (isSuspended(state) || (!isPaused(state) && state.restarting === null)) return state;
  const until = mode === 'freeze' ? now : now + msOf(timeout, DRAIN_TIMEOUT_MS);
  return { ...state, drainUntil: Math.min(until, state.drainUntil ?? until) };
}

function applyRelease(state: AgentState, name: string): AgentState {
  const holds = state.holds.filter((hold) => hold.name !== name);
  if (holds.length > 0 || !isPaused(state)) return { ...state, holds };
  return {
    ...state,
    holds,
    heldBefore: state.holds,
    status: moveStatus(state.status, 'running'),
    drainUntil: state.restarting === null ? null : state.drainUntil,
  };
}

function applyStop(state: AgentState, status: AgentStatus, graceMs: number): AgentState {
  return {
    ...state,
    status: moveStatus(state.status, status),
    stopGraceMs: graceMs,
    restarting: null,
    restartAt: null,
    drainUntil: null,
    retryAt: null,
    retries: 0,
  };
}

function msOf(given: string | undefined, fallback: number): number {
  return given === undefined ? fallback : (durationMs(given) ?? fallback);
}
