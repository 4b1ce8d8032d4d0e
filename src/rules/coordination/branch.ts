/**
 * Runs a branch to its end: takes a turn, checks the reply against its agent, and carries it out.
 */
import { boundedText, ERROR_BYTES } from '../../contract/text';
import type { TurnInput, TurnOutcome, TurnReply, TurnRequest } from '../../contract/agent/turns';
import { act } from './actions';
import { jsonBytes } from '../lib/json-bytes';
import { replyParts } from '../lib/turn/reply-extras';
import { addTurn, usageField } from '../lib/turn/usage';
import type { Effects, Sizes } from './effects';
import { type Step, abandonedResult, endFailed, withRecords } from './endings';
import { fanOutLimit, oversizedReply, oversizedTurn, turnLimit, turnTimeout } from './fan-out/limits';
import { recall, remember } from './memory';
import { Orphans } from './fan-out/orphans';
import { type CheckedReply, checkReply, mayInvoke } from './reply';
import type { BranchResult, BranchState, Undo } from './state';

/**
 * An invalid reply returns to the agent with a reason; this many in a row fail the branch
 * (docs/coordination.md, "What an agent replies").
 */
const INVALID_REPLIES = 4;

/**
 * Runs a branch from `start`, its first turn or a later one. It never rejects with `Stopped`: a
 * stopped branch is abandoned.
 */
export async function runBranch(start: BranchState, effects: Effects): Promise<BranchResult> {
  const orphans = new Orphans();
  const end = await runToEnd(start, effects, orphans);
  // Most branches leave no orphans, so that no lists need copying.
  if (orphans.isEmpty()) return end;
  const unlisten = effects.onStop((reason) => {
    orphans.cancel(reason);
  });
  const late = await orphans.settled();
  unlisten();
  return withRecords({ ...end, turnsUsed: end.turnsUsed + late.turnsUsed }, late);
}

async function runToEnd(start: BranchState, effects: Effects, orphans: Orphans): Promise<BranchResult> {
  for (let state = start; ;) {
    let step: Step;
    try {
      step = await oneTurn(state, effects, orphans);
    } catch (error) {
      return abandonedResult(state, error);
    }
    if ('end' in step) return step.end;
    state = step.next;
  }
}

async function oneTurn(state: BranchState, effects: Effects, orphans: Orphans): Promise<Step> {
  await effects.betweenTurns(state);
  const limit = turnLimit(state);
  if (limit !== null) return endFailed(state, limit);
  const request = turnRequest(state, effects);
  const tooLarge = oversizedTurn(request, effects.sizes);
  if (tooLarge !== null) return endFailed(state, tooLarge);

  const replier = state.agent;
  const timeout = turnTimeout(state.context.topology, replier);
  const { replica, ...outcome } = await effects.takeTurn(request, timeout?.ms ?? null);
  const taken = countTurn(state, outcome);
  if ('error' in outcome) return endFailed(taken, errorOf(outcome, timeout?.rule));
  const checked = withinLimits(taken, checkReply(state.context.topology, replier, outcome.reply));
  const step =
    'invalid' in checked
      ? requestCorrection(taken, outcome.reply, checked.invalid, effects.sizes)
      : await acceptReply(
          taken,
          { turnId: request.turnId, agent: replica ?? state.agent },
          checked.reply,
          effects,
          orphans,
        );
  return 'end' in step ? step : { next: { ...step.next, memory: remember(state, outcome.reply, effects.sizes) } };
}

function withinLimits(state: BranchState, checked: CheckedReply): CheckedReply {
  const problem = 'invalid' in checked ? null : fanOutLimit(state, checked.reply);
  return problem === null ? checked : { invalid: problem };
}

function acceptReply(
  taken: BranchState,
  turn: Pick<Undo, 'turnId' | 'agent'>,
  reply: TurnReply,
  effects: Effects,
  orphans: Orphans,
): Step | Promise<Step> {
  const oversize = oversizedReply(reply, effects.sizes);
  if (oversize !== null) return endFailed(taken, oversize);
  const state = withUndo(taken, turn, reply, effects.now());
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

function countTurn(state: BranchState, outcome: TurnOutcome): BranchState {
  const counts = { ...state.counts, steps: state.counts.steps + 1 };
  const usage = 'reply' in outcome ? addTurn(state.usage, replyParts(outcome.reply).usage) : state.usage;
  return { ...state, counts, turns: state.turns + 1, turnsUsed: state.turnsUsed + 1, ...usageField(usage) };
}

function errorOf(outcome: Extract<TurnOutcome, { error: unknown }>, rule: string | undefined): string {
  return outcome.error.code === 'Timeout' && rule !== undefined
    ? rule
    : boundedText(outcome.error.message, ERROR_BYTES);
}

/**
 * Returns an invalid reply to its agent. An oversized reply is left out, because the turn would be
 * too large for the reason.
 */
function requestCorrection(state: BranchState, reply: unknown, reason: string, sizes: Sizes): Step {
  const invalid = state.invalid + 1;
  if (invalid >= INVALID_REPLIES) return endFailed(state, `${String(invalid)} invalid replies in a row: ${reason}`);
  const input: TurnInput = {
    kind: 'invalid',
    reply: jsonBytes(reply) > sizes.value ? null : reply,
    reason,
    mayInvoke: mayInvoke(state.context.topology, state.agent),
  };
  return { next: { ...state, invalid, input } };
}

/** The undo goes to the agent that took the turn: to that replica, if the agent has replicas. */
function withUndo(state: BranchState, turn: Pick<Undo, 'turnId' | 'agent'>, reply: TurnReply, at: number): BranchState {
  if (reply.undo === undefined) return state;
  return { ...state, undos: [...state.undos, { ...turn, undo: reply.undo, at }] };
}
