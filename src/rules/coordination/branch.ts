/** One branch from its first turn to its end: take a turn, check the reply as that agent's, do what it says. */
import { boundedText, ERROR_BYTES } from '../../contract/text';
import type { TurnInput, TurnOutcome, TurnReply, TurnRequest } from '../../contract/agent/turns';
import { act } from './actions';
import { jsonBytes } from '../lib/json-bytes';
import type { Effects, Sizes } from './effects';
import { type Step, abandoned, failed, withRecords } from './endings';
import { fanOutLimit, oversizedReply, oversizedTurn, turnLimit, turnTimeout } from './fan-out/limits';
import { recall, remember } from './memory';
import { Orphans } from './fan-out/orphans';
import { type CheckedReply, checkReply, mayInvoke } from './reply';
import type { BranchResult, BranchState } from './state';

/** docs/coordination.md, "What an agent replies": an invalid reply is returned with its reason; the fourth in a row fails the branch. */
const INVALID_REPLIES = 4;

/** Runs a branch from `start`, which may be in its middle. Never rejects with `Stopped`: a stopped branch is abandoned. */
export async function runBranch(start: BranchState, effects: Effects): Promise<BranchResult> {
  const orphans = new Orphans();
  const end = await untilItsEnd(start, effects, orphans);
  // Most branches leave none: nothing to wait for, and no lists to copy.
  if (orphans.isEmpty()) return end;
  const unlisten = effects.onStop((reason) => {
    orphans.cancel(reason);
  });
  const late = await orphans.settled();
  unlisten();
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
  const checked = withinLimits(taken, checkReply(state.context.topology, replier, outcome.reply));
  const step =
    'invalid' in checked
      ? corrected(taken, outcome.reply, checked.invalid, effects.sizes)
      : await accepted(taken, request.turnId, checked.reply, effects, orphans);
  return 'end' in step ? step : { next: { ...step.next, memory: remember(state, outcome.reply, effects.sizes) } };
}

function withinLimits(state: BranchState, checked: CheckedReply): CheckedReply {
  const problem = 'invalid' in checked ? null : fanOutLimit(state, checked.reply);
  return problem === null ? checked : { invalid: problem };
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
  return outcome.error.code === 'Timeout' && rule !== undefined
    ? rule
    : boundedText(outcome.error.message, ERROR_BYTES);
}

/** A reply beyond what a value may be is not shown again: its turn would be too large, and the reason would be lost. */
function corrected(state: BranchState, reply: unknown, reason: string, sizes: Sizes): Step {
  const invalid = state.invalid + 1;
  if (invalid >= INVALID_REPLIES) return failed(state, `${String(invalid)} invalid replies in a row: ${reason}`);
  const input: TurnInput = {
    kind: 'invalid',
    reply: jsonBytes(reply) > sizes.value ? null : reply,
    reason,
    mayInvoke: mayInvoke(state.context.topology, state.agent),
  };
  return { next: { ...state, invalid, input } };
}

function withUndo(state: BranchState, turnId: string, reply: TurnReply, at: number): BranchState {
  if (reply.undo === undefined) return state;
  return { ...state, undos: [...state.undos, { turnId, agent: state.agent, undo: reply.undo, at }] };
}
