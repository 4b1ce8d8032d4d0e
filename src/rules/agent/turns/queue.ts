/** Turns at an agent: who is admitted, who waits, who is withdrawn, what is remembered (docs/coordination.md, "Who takes the turn"). */
import { hasFailed, isStopped, isTerminated } from '../lifecycle';
import { DroverError } from '../../../contract/errors';
import { type TurnOutcome, type TurnRequested, SIZE_LIMITS } from '../../../contract/agent/turns';
import type { AgentState, AnsweredTurn, QueuedTurn, TurnsState } from '../state';
import { jsonBytes } from '../../lib/json-bytes';
import { reading } from './paused-clock';

/** Answers kept for a branch that asks again: it does so every two minutes, until it has heard. */
const ANSWERS_KEPT = 200;
/** Their bytes: with a full queue the carried state stays below 1.5 MiB (docs/workflow-rules.md, rule 8). */
const ANSWER_BYTES_KEPT = 256 * 1024;
/** Tombstones of withdrawn turns: as many as a full queue. */
const TOMBSTONES_KEPT = 1_000;

/** The longest pause before a refused connection is tried again. */
const REFUSED_WAIT_MAX_MS = 15_000;

/** What a request for a turn meets: `state` with it in the queue, or an answer for the branch at once, or silence. */
export interface Admission {
  readonly state: AgentState;
  readonly answer: TurnOutcome | null;
}

/** Signal `turnRequested`: a repeat is ignored or answered again, a turn too many hears `AgentBusy`. */
export function requestTurn(state: AgentState, asked: TurnRequested, now: number): Admission {
  const { turns } = state;
  const known = (turn: { readonly turnId: string }): boolean => turn.turnId === asked.turnId;
  const answered = turns.answered.find(known);
  if (answered !== undefined) return { state, answer: answered.outcome };
  if (turns.waiting.some(known) || turns.inFlight.some(known)) return { state, answer: null };
  // Whoever has withdrawn it hears nothing of this any more; a branch that asks after a reset would wait for ever.
  if (turns.withdrawn.includes(asked.turnId)) {
    return refuse(state, new DroverError('TurnRejected', `turn ${asked.turnId} was withdrawn before`));
  }
  const closed = closedFor(state);
  if (closed !== null) return refuse(state, closed);
  const bytes = jsonBytes(asked.request);
  const tooMany = limitReached(state, bytes);
  if (tooMany !== null) return refuse(state, tooMany);
  const turn: QueuedTurn = {
    turnId: asked.turnId,
    replyTo: asked.replyTo,
    request: asked.request,
    timeoutMs: asked.timeoutMs ?? null,
    bytes,
    attempt: 0,
    waitingFrom: reading(turns.unavailable, now),
    used: 0,
    startedAt: null,
    notBefore: null,
    refusedFrom: null,
    suspended: false,
    on: null,
    askedAnew: false,
  };
  return { state: withTurns(state, { waiting: [...turns.waiting, turn] }), answer: null };
}

function refuse(state: AgentState, error: DroverError): Admission {
  return { state, answer: { error: { code: error.code, message: error.message } } };
}

/** Why no turn is taken any more, whatever happens next without an operator; null while the agent shall work. */
export function closedFor(state: AgentState): DroverError | null {
  const name = `${state.fleet}/${state.agent}`;
  if (isStopped(state)) return new DroverError('TurnRejected', `${name} is stopped; drover start ${name}`);
  if (isTerminated(state)) return new DroverError('TurnRejected', `${name} is terminated`);
  if (hasFailed(state)) {
    return new DroverError(
      'AgentUnavailable',
      `${name} has failed (${state.reason ?? 'unknown'}); drover start ${name}`,
    );
  }
  return null;
}

function limitReached(state: AgentState, bytes: number): DroverError | null {
  const { waiting } = state.turns;
  const { maxParallel, queue } = state.settings.turns;
  if (bytes > SIZE_LIMITS.turnRequest) {
    return new DroverError(
      'LimitReached',
      `turn request has ${String(bytes)} bytes, at most ${String(SIZE_LIMITS.turnRequest)}`,
    );
  }
  const free = maxParallel - state.turns.inFlight.length;
  const queued = waiting.reduce((sum, turn) => sum + turn.bytes, bytes);
  if (waiting.length < queue + Math.max(0, free) && queued <= SIZE_LIMITS.queueRequests) return null;
  return new DroverError(
    'AgentBusy',
    `${state.fleet}/${state.agent} has ${String(waiting.length)} turns waiting; ask again later`,
  );
}

/** Signal `turnWithdrawn`: the turn is forgotten; one that has not come yet will be ignored when it does. */
export function withdrawTurn(state: AgentState, turnId: string): AgentState {
  const { turns } = state;
  if (turns.withdrawn.includes(turnId)) return state;
  return withTurns(state, {
    waiting: turns.waiting.filter((turn) => turn.turnId !== turnId),
    withdrawn: [...turns.withdrawn, turnId].slice(-TOMBSTONES_KEPT),
  });
}

/** A waiting turn is given to the agent. */
export function beginTurn(state: AgentState, turnId: string, now: number): AgentState {
  const { turns } = state;
  const turn = turns.waiting.find((candidate) => candidate.turnId === turnId);
  if (turn === undefined) return state;
  const begun: QueuedTurn = {
    ...turn,
    attempt: turn.attempt + 1,
    startedAt: reading(turns.working, now),
    notBefore: null,
    on: state.subscription && { name: state.subscription.name, assignment: state.subscription.assignment },
  };
  return withTurns(state, { waiting: without(turns.waiting, turnId), inFlight: [...turns.inFlight, begun] });
}

/** A turn's answer is known: its slot is free, and the answer is remembered for a repeat. */
export function finishTurn(state: AgentState, turnId: string, outcome: TurnOutcome): AgentState {
  const { turns } = state;
  const answered = withinBytes(
    [...turns.answered, { turnId, outcome, bytes: jsonBytes(outcome) }].slice(-ANSWERS_KEPT),
  );
  return withTurns(state, {
    waiting: without(turns.waiting, turnId),
    inFlight: without(turns.inFlight, turnId),
    answered,
  });
}

/** A turn that was in flight and was withdrawn is over. */
export function dropTurn(state: AgentState, turnId: string): AgentState {
  return withTurns(state, { inFlight: without(state.turns.inFlight, turnId) });
}

/** The agent was lost in the middle of a turn, or is being restarted: it is asked again, ahead of those that still wait. */
export function requeueTurn(state: AgentState, turnId: string, now: number): AgentState {
  const { unavailable } = state.turns;
  return returned(state, turnId, now, () => ({ waitingFrom: reading(unavailable, now), refusedFrom: null }));
}

/** The credential failed under it: it is asked again, once, on another. */
export function askAnew(state: AgentState, turnId: string, now: number): AgentState {
  const { unavailable } = state.turns;
  const waitingFrom = reading(unavailable, now);
  return returned(state, turnId, now, () => ({ waitingFrom, refusedFrom: null, askedAnew: true }));
}

/** A connection was refused: it is asked again after a while. */
export function refusedTurn(state: AgentState, turnId: string, now: number): AgentState {
  const working = reading(state.turns.working, now);
  return returned(state, turnId, now, (turn) => ({
    refusedFrom: turn.refusedFrom ?? working,
    notBefore: now + Math.min(500 * 2 ** turn.attempt, REFUSED_WAIT_MAX_MS),
  }));
}

function returned(
  state: AgentState,
  turnId: string,
  now: number,
  parts: (turn: QueuedTurn) => Partial<QueuedTurn>,
): AgentState {
  const { turns } = state;
  const turn = turns.inFlight.find((candidate) => candidate.turnId === turnId);
  if (turn === undefined) return state;
  const again: QueuedTurn = { ...turn, used: usedBy(turns, turn, now), startedAt: null, ...parts(turn) };
  return withTurns(state, { waiting: [again, ...turns.waiting], inFlight: without(turns.inFlight, turnId) });
}

/** Milliseconds of its limit that a turn has used. */
export function usedBy(turns: TurnsState, turn: QueuedTurn, now: number): number {
  return turn.used + (turn.startedAt === null ? 0 : reading(turns.working, now) - turn.startedAt);
}

/** How long a turn may take, in milliseconds. */
export function limitOf(state: AgentState, turn: QueuedTurn): number {
  return turn.timeoutMs ?? state.settings.turns.timeoutMs;
}

/** The state with parts of its turns replaced. */
export function withTurns(state: AgentState, parts: Partial<TurnsState>): AgentState {
  return { ...state, turns: { ...state.turns, ...parts } };
}

function without(turns: readonly QueuedTurn[], turnId: string): readonly QueuedTurn[] {
  return turns.filter((turn) => turn.turnId !== turnId);
}

/** The newest answers that fit; the newest one always stays. */
function withinBytes(answers: readonly AnsweredTurn[]): AnsweredTurn[] {
  const kept: AnsweredTurn[] = [];
  let bytes = 0;
  for (const answer of [...answers].reverse()) {
    bytes += answer.bytes;
    if (kept.length > 0 && bytes > ANSWER_BYTES_KEPT) break;
    kept.unshift(answer);
  }
  return kept;
}
