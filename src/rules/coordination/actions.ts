/** Carries out a valid reply: an answer, a question, a hand-over or a fan-out. */
import type { Invocation, TurnReply } from '../../contract/agent/turns';
import { durationMs } from '../lib/duration';
import { runBarrier } from './fan-out/barrier';
import type { Effects } from './effects';
import {
  type Step,
  abandonedResult,
  endCompleted,
  endContributing,
  branchResult,
  endFailed,
  withRecords,
} from './endings';
import { countHandOver } from './fan-out/limits';
import type { Orphans } from './fan-out/orphans';
import { gatesOf, refusedGate } from './gate';
import { asksPermission } from './permission';
import { type Route, routeTo } from './route';
import type { BranchState, Contribution } from './state';

/** Carries out the reply of the branch's agent. */
export function act(state: BranchState, reply: TurnReply, effects: Effects, orphans: Orphans): Step | Promise<Step> {
  switch (reply.action) {
    case 'fail':
      return endFailed(state, reply.error);
    case 'final': {
      const target = state.context.waiting.at(-1) ?? 'End';
      const end = (): Step => endContributing(state, target, reply.response, effects);
      return gated(state, [{ agent: target, request: reply.response }], effects, end);
    }
    case 'ask':
      return endIfStopped(state, askHuman(state, reply, effects));
    case 'invoke': {
      const { invocations } = reply;
      const [first, ...others] = invocations;
      return gated(state, invocations, effects, () => {
        if (first !== undefined && others.length === 0) return handOver(state, first, effects);
        return endIfStopped(state, fanOut(state, invocations, effects, orphans));
      });
    }
  }
}

/** The step, once a person has approved every hand-over that a rule `approve` names. */
function gated(
  state: BranchState,
  handOvers: readonly Invocation[],
  effects: Effects,
  step: () => Step | Promise<Step>,
): Step | Promise<Step> {
  const gates = gatesOf(state.context.topology, state.agent, handOvers);
  if (gates.length === 0) return step();
  const approved = async (): Promise<Step> => {
    const refused = await refusedGate(state, gates, effects);
    return refused === null ? step() : endFailed(state, refused);
  };
  return endIfStopped(state, approved());
}

async function askHuman(
  state: BranchState,
  reply: Extract<TurnReply, { action: 'ask' }>,
  effects: Effects,
): Promise<Step> {
  const { question } = reply;
  const timeoutMs = reply.timeout === undefined ? null : (durationMs(reply.timeout) ?? null);
  const { branch } = state.context;
  const hasDefault = reply.default === undefined ? {} : { hasDefault: true as const };
  const answer = await effects.ask({ branch, agent: state.agent, question, timeoutMs, ...hasDefault });
  if (answer !== 'timed_out' && 'error' in answer) return endFailed(state, answer.error);
  if (answer !== 'timed_out') return { next: { ...state, input: { kind: 'answer', question, value: answer.value } } };
  // Silence never counts as consent to what the agent asks permission for.
  if (reply.default === undefined || asksPermission(question))
    return endFailed(state, `no answer within ${reply.timeout ?? 'its time'}`);
  return { next: { ...state, input: { kind: 'answer', question, value: reply.default } } };
}

function handOver(state: BranchState, { agent, request }: Invocation, effects: Effects): Step {
  const route: Route = routeTo(state.context, agent);
  if (route === 'waiting') return endContributing(state, agent, request, effects);
  const counts = countHandOver(state.context.topology, state.counts, state.agent, agent);
  if (typeof counts === 'string') return endFailed(state, counts);
  if (route === 'rendezvous') return endContributing({ ...state, counts }, agent, request, effects);
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

async function fanOut(
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
      return endFailed(after, verdict.error);
    case 'cancelled':
      return endCompleted(after, effects);
    case 'stopped':
      return { end: branchResult(after, 'abandoned', verdict.error) };
  }
}

/**
 * Ends the branch as abandoned if it is stopped during a step; the turn taken before it counts.
 */
async function endIfStopped(state: BranchState, step: Promise<Step>): Promise<Step> {
  try {
    return await step;
  } catch (error) {
    return { end: abandonedResult(state, error) };
  }
}
