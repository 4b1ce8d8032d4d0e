/**
 * The queue of an agent's turns: admission, withdrawal, repeats (docs/coordination.md, "Who takes
 * the turn").
 */
import { hasFailed, isStopped, isTerminated } from '../lifecycle';
import { DroverError } from '../../../contract/errors';
import { type TurnOutcome, type TurnRequested, SIZE_LIMITS } from '../../../contract/agent/turns';
import type { AgentState } from '../state';
import type { AnsweredTurn, QueuedTurn, TurnsState } from './state';
import { jsonBytes } from '../../lib/json-bytes';
import { reading } from './paused-clock';

/**
 * Answers kept for branches that repeat a request, every two minutes until they have the answer.
 */
const ANSWERS_KEPT = 200;
/**
 * The bytes of these answers: with a full queue, the carried state stays below 1.5 MiB
 * (docs/workflow-rules.md, rule 8).
 */
const ANSWER_BYTES_KEPT = 256 * 1024;
/** Tombstones of withdrawn turns: as many as turns in a full queue. */
const TOMBSTONES_KEPT = 1_000;

/**
 * The outcome of a request for a turn: the new state, and the immediate answer for the branch or
 * null.
 */
export interface Admission {
  readonly state: AgentState;
  readonly answer: TurnOutcome | null;
}

/**
 * Signal `turnRequested`. A repeat is ignored or answered again; a full queue answers `AgentBusy`.
 */
export function requestTurn(state: AgentState, asked: TurnRequested, now: number): Admission {
  const { turns } = state;
  const known = (turn: { readonly turnId: string }): boolean => turn.turnId === asked.turnId;
  const answered = turns.answered.find(known);
  if (answered !== undefined) return { state, answer: answered.outcome };
  if (turns.waiting.some(known) || turns.inFlight.some(known)) return { state, answer: null };
  // The withdrawing branch ignores this answer, but a branch that repeats the request after a reset
  // needs one.
  if (turns.withdrawn.includes(asked.turnId)) {
    const { code, message } = new DroverError('TurnRejected', `turn ${asked.turnId} was withdrawn earlier`);
    return { state, answer: { error: { code, message } } };
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
    repeats: 0,
    crashes: 0,
    askedOf: null,
    broke: false,
    arrivedAt: now,
    begunAt: null,
    lastError: null,
  };
  return { state: withTurns(state, { waiting: [...turns.waiting, turn] }), answer: null };
}

function refuse(state: AgentState, error: DroverError): Admission {
  return { state, answer: notTaken(state, error) };
}

/** The answer to a turn that the agent has not received. Another replica may take it. */
export function notTaken({ config }: AgentState, { code, message }: DroverError): TurnOutcome {
  const isReplica = config.spec.replicaOf !== undefined;
  return { error: { code, message, ...(isReplica && { notTaken: true as const }) } };
}

/** Why the agent takes no turns until an operator acts; null while it is meant to work. */
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

/**
 * Signal `turnWithdrawn`: removes the turn, and leaves a tombstone for one that has not arrived
 * yet.
 */
export function withdrawTurn(state: AgentState, turnId: string): AgentState {
  const { turns } = state;
  if (turns.withdrawn.includes(turnId)) return state;
  return withTurns(state, {
    waiting: turns.waiting.filter((turn) => turn.turnId !== turnId),
    withdrawn: [...turns.withdrawn, turnId].slice(-TOMBSTONES_KEPT),
  });
}

/** Moves a waiting turn into flight. */
export function beginTurn(state: AgentState, turnId: string, now: number): AgentState {
  const { turns } = state;
  const turn = turns.waiting.find((candidate) => candidate.turnId === turnId);
  if (turn === undefined) return state;
  const begun: QueuedTurn = {
    ...turn,
    attempt: turn.attempt + 1,
    startedAt: reading(turns.working, now),
    begunAt: now,
    notBefore: null,
    askedOf: state.instance.id,
    broke: false,
    on: state.subscription && { name: state.subscription.name, assignment: state.subscription.assignment },
  };
  return withTurns(state, { waiting: without(turns.waiting, turnId), inFlight: [...turns.inFlight, begun] });
}

/** Frees the turn's slot, and keeps its answer for a repeated request. */
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

/** Removes a withdrawn turn that was in flight. */
export function dropTurn(state: AgentState, turnId: string): AgentState {
  return withTurns(state, { inFlight: without(state.turns.inFlight, turnId) });
}

/** The milliseconds of its limit that a turn has used. */
export function usedBy(turns: TurnsState, turn: QueuedTurn, now: number): number {
  return Math.max(0, turn.used + (turn.startedAt === null ? 0 : reading(turns.working, now) - turn.startedAt));
}

/** The limit of a turn in milliseconds. */
export function limitOf(state: AgentState, turn: QueuedTurn): number {
  return turn.timeoutMs ?? state.settings.turns.timeoutMs;
}

/** The state with some fields of `turns` replaced. */
export function withTurns(state: AgentState, parts: Partial<TurnsState>): AgentState {
  return { ...state, turns: { ...state.turns, ...parts } };
}

/** The turns without this one. */
export function without(turns: readonly QueuedTurn[], turnId: string): readonly QueuedTurn[] {
  return turns.filter((turn) => turn.turnId !== turnId);
}

/** The newest answers that fit in `ANSWER_BYTES_KEPT`, at least one. */
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
