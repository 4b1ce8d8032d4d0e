/** One branch from its first turn to its end: take a turn, check the reply as that agent's, do what it says. */
import type { BranchOutcome } from '../../contract/runs';
import type { Invocation, TurnInput, TurnOutcome, TurnReply, TurnRequest } from '../../contract/turns';
import { durationMs } from '../duration';
import { jsonBytes } from '../json-bytes';
import { runBarrier } from './barrier';
import { type Effects, Stopped } from './effects';
import { countHandOver, overLimit, oversizedReply, oversizedTurn, turnLimit, turnTimeout } from './limits';
import { recall, remember } from './memory';
import { Orphans } from './orphans';
import { checkReply, mayInvoke } from './reply';
import { type Route, routeTo } from './route';
import type { BranchResult, BranchState, Contribution, Records } from './state';

/** coordination.md: an invalid reply is returned with its reason; the fourth in a row fails the branch. */
const INVALID_REPLIES = 4;

/** What a step leads to: another turn, or the end. */
type Step = { readonly next: BranchState } | { readonly end: BranchResult };

/** Runs a branch from `start`, which may be in its middle. Never rejects with `Stopped`: a stopped branch is abandoned. */
export async function runBranch(start: BranchState, effects: Effects): Promise<BranchResult> {
  const orphans = new Orphans();
  const end = await untilItsEnd(start, effects, orphans);
  // Most branches leave none: nothing to wait for, and no lists to copy.
  if (orphans.isEmpty()) return end;
  if (end.outcome === 'abandoned') orphans.cancel('its branch was abandoned');
  const late = await orphans.settled();
  return withRecords({ ...end, turnsUsed: end.turnsUsed + late.turnsUsed }, late);
}

async function untilItsEnd(start: BranchState, effects: Effects, orphans: Orphans): Promise<BranchResult> {
  for (let state = start; ;) {
    let step: Step;
    try {
      step = await oneTurn(state, effects, orphans);
    } catch (error) {
      return abandoned(state, error);
    }
    if ('end' in step) return step.end;
    state = step.next;
  }
}

/** A branch that is stopped while it waits ends with what it had. */
function abandoned(state: BranchState, error: unknown): BranchResult {
  if (error instanceof Stopped) return ended(state, 'abandoned', error.reason);
  throw error;
}

/** The same for what comes of a turn that has been taken: the branch has had it. */
async function stoppable(state: BranchState, step: Promise<Step>): Promise<Step> {
  try {
    return await step;
  } catch (error) {
    return { end: abandoned(state, error) };
  }
}

async function oneTurn(state: BranchState, effects: Effects, orphans: Orphans): Promise<Step> {
  await effects.betweenTurns(state);
  const limit = turnLimit(state);
  if (limit !== null) return failed(state, limit);
  const request = turnRequest(state, effects);
  const tooLarge = oversizedTurn(request, effects.sizes);
  if (tooLarge !== null) return failed(state, tooLarge);

  const replier = state.agent;
  const timeout = turnTimeout(state.context.topology, replier);
  const outcome = await effects.takeTurn(request, timeout?.ms ?? null);
  const taken = counted(state);
  if ('error' in outcome) return failed(taken, errorOf(outcome, timeout?.rule));
  const checked = checkReply(state.context.topology, replier, outcome.reply);
  const step =
    'invalid' in checked
      ? corrected(taken, outcome.reply, checked.invalid)
      : await accepted(taken, request.turnId, checked.reply, effects, orphans);
  return 'end' in step ? step : { next: { ...step.next, memory: remember(state, outcome.reply, effects.sizes) } };
}

function accepted(
  taken: BranchState,
  turnId: string,
  reply: TurnReply,
  effects: Effects,
  orphans: Orphans,
): Step | Promise<Step> {
  const oversize = oversizedReply(reply, effects.sizes);
  if (oversize !== null) return failed(taken, oversize);
  const state = withUndo(taken, turnId, reply, effects.now());
  return act(state.invalid === 0 ? state : { ...state, invalid: 0 }, reply, effects, orphans);
}

function turnRequest(state: BranchState, effects: Effects): TurnRequest {
  const { run, branch, task, topology } = state.context;
  return {
    turnId: `${run}/${branch}/${String(state.turns + 1)}`,
    run,
    branch,
    agent: state.agent,
    task,
    input: state.input,
    memory: recall(state, effects.sizes),
    mayInvoke: mayInvoke(topology, state.agent),
    attempt: 1,
    subscription: null,
  };
}

function counted(state: BranchState): BranchState {
  const counts = { ...state.counts, steps: state.counts.steps + 1 };
  return { ...state, counts, turns: state.turns + 1, turnsUsed: state.turnsUsed + 1 };
}

function errorOf(outcome: Extract<TurnOutcome, { error: unknown }>, rule: string | undefined): string {
  return outcome.error.code === 'Timeout' && rule !== undefined ? rule : outcome.error.message;
}

function corrected(state: BranchState, reply: unknown, reason: string): Step {
  const invalid = state.invalid + 1;
  if (invalid >= INVALID_REPLIES) return failed(state, `${String(invalid)} invalid replies in a row: ${reason}`);
  const input: TurnInput = {
    kind: 'invalid',
    reply,
    reason,
    mayInvoke: mayInvoke(state.context.topology, state.agent),
  };
  return { next: { ...state, invalid, input } };
}

function withUndo(state: BranchState, turnId: string, reply: TurnReply, at: number): BranchState {
  if (reply.undo === undefined) return state;
  return { ...state, undos: [...state.undos, { turnId, agent: state.agent, undo: reply.undo, at }] };
}

function act(state: BranchState, reply: TurnReply, effects: Effects, orphans: Orphans): Step | Promise<Step> {
  switch (reply.action) {
    case 'fail':
      return failed(state, reply.error);
    case 'final':
      return contributed(state, state.context.waiting.at(-1) ?? 'End', reply.response, effects);
    case 'ask':
      return stoppable(state, asked(state, reply, effects));
    case 'invoke': {
      const [first, ...others] = reply.invocations;
      if (first !== undefined && others.length === 0) return handedOver(state, first, effects);
      return stoppable(state, fannedOut(state, reply.invocations, effects, orphans));
    }
  }
}

async function asked(
  state: BranchState,
  reply: Extract<TurnReply, { action: 'ask' }>,
  effects: Effects,
): Promise<Step> {
  const { question } = reply;
  const timeoutMs = reply.timeout === undefined ? null : (durationMs(reply.timeout) ?? null);
  const answer = await effects.ask({ branch: state.context.branch, agent: state.agent, question, timeoutMs });
  if (answer !== 'timed out' && 'error' in answer) return failed(state, answer.error);
  if (answer !== 'timed out') return { next: { ...state, input: { kind: 'answer', question, value: answer.value } } };
  if (reply.default === undefined) return failed(state, `no answer within ${reply.timeout ?? 'its time'}`);
  return { next: { ...state, input: { kind: 'answer', question, value: reply.default } } };
}

function handedOver(state: BranchState, { agent, request }: Invocation, effects: Effects): Step {
  const route: Route = routeTo(state.context, agent);
  if (route === 'waiting') return contributed(state, agent, request, effects);
  const counts = countHandOver(state.context.topology, state.counts, state.agent, agent);
  if (typeof counts === 'string') return failed(state, counts);
  if (route === 'rendezvous') return contributed({ ...state, counts }, agent, request, effects);
  return {
    next: {
      ...state,
      counts,
      agent,
      identities: [...state.identities, agent],
      input: { kind: 'request', from: state.agent, value: request },
    },
  };
}

async function fannedOut(
  state: BranchState,
  invocations: readonly Invocation[],
  effects: Effects,
  orphans: Orphans,
): Promise<Step> {
  const { context, agent, counts } = state;
  const direct: Contribution[] = [];
  const seeds: { agent: string; value: unknown }[] = [];
  for (const { agent: target, request } of invocations) {
    if (routeTo(context, target) === 'branch') seeds.push({ agent: target, value: request });
    else direct.push({ to: target, from: agent, branch: context.branch, value: request, counts });
  }
  const barrier = await runBarrier(
    {
      base: context,
      branch: context.branch,
      agent,
      waiting: [...context.waiting, agent],
      direct,
      seeds: seeds.map((seed) => ({
        agent: seed.agent,
        input: { kind: 'request', from: agent, value: seed.value },
        counts: { ...counts, steps: 0 },
      })),
      firstChild: state.children,
      turnsLeft: context.turnsLeft - state.turnsUsed,
    },
    effects,
    orphans,
  );
  const after: BranchState = {
    ...withRecords(state, barrier),
    children: barrier.nextChild,
    turnsUsed: state.turnsUsed + barrier.turnsUsed,
    passedUp: [...state.passedUp, ...barrier.passedUp],
  };
  const { verdict } = barrier;
  switch (verdict.outcome) {
    case 'fired':
      return { next: { ...after, input: { kind: 'results', results: verdict.results, failures: verdict.failures } } };
    case 'failed':
      return failed(after, verdict.error);
    case 'cancelled':
      return { end: bounded(ended(after, 'completed', null), effects) };
    case 'stopped':
      return { end: ended(after, 'abandoned', verdict.error) };
  }
}

function contributed(state: BranchState, to: string, value: unknown, effects: Effects): Step {
  const { branch } = state.context;
  const contribution: Contribution = { to, from: state.agent, branch, value, counts: state.counts };
  const done = { ...state, passedUp: [...state.passedUp, contribution] };
  return { end: bounded(ended(done, 'completed', null), effects) };
}

function failed(state: BranchState, error: string): Step {
  return { end: ended(state, 'failed', error) };
}

/** A result that is too large to travel is a branch that failed. */
function bounded(result: BranchResult, effects: Effects): BranchResult {
  const bytes = result.contributions.reduce((sum, { value }) => sum + jsonBytes(value), 0);
  const tooLarge = overLimit('contributions', bytes, effects.sizes.contributions);
  if (tooLarge === null) return result;
  const own = result.branches.map((record) =>
    record.id === result.branch ? { ...record, outcome: 'failed' as const, error: tooLarge } : record,
  );
  const from = own.find(({ id }) => id === result.branch)?.agents.at(-1) ?? '';
  const failure = { from, branch: result.branch, error: tooLarge };
  return { ...result, outcome: 'failed', branches: own, contributions: [], failure };
}

function ended(state: BranchState, outcome: BranchOutcome, error: string | null): BranchResult {
  const { branch, parent } = state.context;
  const record = { id: branch, parent, agents: state.identities, turns: state.turns, outcome, error };
  return {
    branch,
    outcome,
    contributions: state.passedUp,
    failure: outcome === 'failed' ? { from: state.agent, branch, error: error ?? '' } : null,
    turnsUsed: state.turnsUsed,
    branches: [record, ...state.branches],
    barriers: state.barriers,
    undos: state.undos,
  };
}

function withRecords<T extends Records>(to: T, more: Records): T {
  return {
    ...to,
    branches: [...to.branches, ...more.branches],
    barriers: [...to.barriers, ...more.barriers],
    undos: [...to.undos, ...more.undos],
  };
}
