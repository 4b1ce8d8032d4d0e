/** What an accepted command does to an agent's state, and what a refused one says. Effects follow from the state (reconcile.ts). */
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
} from './lifecycle';
import {
  type AgentCommand,
  type AgentCommandOptions,
  type AgentStatus,
  type Hold,
  type PauseMode,
  AGENT_COMMANDS,
} from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { OPERATOR_HOLD, RESERVED_HOLDS } from '../../contract/names';
import type { AgentState } from './state';
import { durationMs } from '../lib/duration';
import { DRAIN_TIMEOUT_MS, STOP_GRACE_MS } from './settings';

/** One command with its options, already parsed. */
export type CommandRequest = {
  readonly [C in AgentCommand]: { readonly command: C; readonly options: AgentCommandOptions[C] };
}[AgentCommand];

/** A command's outcome: the new state, and whether anything changed. */
export interface Accepted {
  readonly state: AgentState;
  readonly changed: boolean;
}

/** The hold that a command is about. */
export function holdOf(request: CommandRequest): string {
  return 'hold' in request.options && request.options.hold !== undefined ? request.options.hold : OPERATOR_HOLD;
}

/** What the table says of this command now. */
export function judge(state: AgentState, request: CommandRequest): Verdict {
  const hold = holdOf(request);
  return verdict(request.command, state.status, {
    runtime: state.runtime,
    holdSet: state.holds.some(({ name }) => name === hold),
    cancelPending: request.command === 'resume' && request.options.cancelPending === true,
  });
}

/** Takes the command, or throws the refusal with `details: {current, allowed}`. */
export function decide(state: AgentState, request: CommandRequest, now: number): Accepted {
  const found = judge(state, request);
  if (found === 'ok') return { state: { ...carryOut(state, request, now), op: state.op + 1 }, changed: true };
  if (found === 'same') return { state, changed: false };
  throw refusal(state, request, found);
}

/** The commands that would change something now; those that take a hold are asked with the ones that are set. */
export function allowedCommands(state: AgentState): AgentCommand[] {
  const names = [OPERATOR_HOLD, ...state.holds.map(({ name }) => name)];
  return AGENT_COMMANDS.filter((command) =>
    names.some((hold) => judge(state, { command, options: { hold } } as CommandRequest) === 'ok'),
  );
}

function refusal(state: AgentState, request: CommandRequest, code: Exclude<Verdict, 'ok' | 'same'>): DroverError {
  const { status, runtime, liveness } = state;
  const holds = state.holds.map(({ name }) => name);
  const allowed = allowedCommands(state);
  const message =
    `cannot ${request.command} ${state.fleet}/${state.agent}: status ${status}, runtime ${runtime}, ` +
    `${holds.length === 0 ? 'no holds' : `holds ${holds.join(', ')}`}; ` +
    `allowed now: ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}${withdrawal(state, request)}`;
  return new DroverError(code, message, { current: { status, runtime, liveness, holds }, allowed });
}

/** What would have been accepted in place of a `resume` that comes before its pause is there. */
function withdrawal(state: AgentState, request: CommandRequest): string {
  if (request.command !== 'resume') return '';
  const pending = judge(state, { ...request, options: { ...request.options, cancelPending: true } }) === 'ok';
  return pending ? '; its pause is still under way: wait for that, or withdraw it with resume --cancel-pending' : '';
}

function carryOut(state: AgentState, request: CommandRequest, now: number): AgentState {
  const hold = holdOf(request);
  switch (request.command) {
    case 'pause': {
      const { mode = 'drain', drainTimeout, reason = null } = request.options;
      return drained(held(state, hold, reason, now), mode, drainTimeout, now);
    }
    case 'hold':
      return drained(held(state, hold, request.options.reason ?? null, now), 'drain', undefined, now);
    case 'resume':
    case 'release':
      return released(state, hold);
    case 'stop':
      return stopped(state, hasFailed(state) ? 'failed' : 'stopped', msOf(request.options.grace, STOP_GRACE_MS));
    case 'terminate':
      return stopped(state, 'terminated', STOP_GRACE_MS);
    case 'start':
      return started(state, now);
    case 'restart':
      return drained(
        { ...state, restarting: 'stop', restartAt: null },
        request.options.mode ?? 'drain',
        undefined,
        now,
      );
  }
}

function started(state: AgentState, now: number): AgentState {
  const restartAt = hasCrashed(state) ? now : null;
  const stopGraceMs = isStopping(state) ? state.stopGraceMs : null;
  const running = moveStatus(state.status, 'running');
  // Started before its stop began: the process is there already, and no wake will look at the holds.
  const isThere = isAlive(state);
  const status = isThere && state.holds.length > 0 ? moveStatus(running, 'paused') : running;
  return { ...state, status, reason: null, crashes: [], restartAt, stopGraceMs };
}

/** Holds that users name: more reasons not to run than a person can keep track of. Drover's own have their room beside them. */
export const HOLDS_MAX = 32;

/** Whether there is room for one more hold of this name: a pause of the fleet, or of an operator in a hurry, is never refused for want of it. */
export function hasRoomFor(holds: readonly Hold[], name: string): boolean {
  return (
    RESERVED_HOLDS.includes(name) || holds.filter((hold) => !RESERVED_HOLDS.includes(hold.name)).length < HOLDS_MAX
  );
}

function held(state: AgentState, name: string, reason: string | null, now: number): AgentState {
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

/** An earlier end of the drain stands: nobody's second pause makes the first one's wait longer. */
function drained(state: AgentState, mode: PauseMode, timeout: string | undefined, now: number): AgentState {
  if (isSuspended(state) || (!isPaused(state) && state.restarting === null)) return state;
  const until = mode === 'freeze' ? now : now + msOf(timeout, DRAIN_TIMEOUT_MS);
  return { ...state, drainUntil: Math.min(until, state.drainUntil ?? until) };
}

function released(state: AgentState, name: string): AgentState {
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

function stopped(state: AgentState, status: AgentStatus, graceMs: number): AgentState {
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
