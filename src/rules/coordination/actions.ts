/** What a valid reply leads to: an answer, a question, a hand-over, or a fan-out. */
import type { Invocation, TurnReply } from '../../contract/agent/turns';
import { durationMs } from '../lib/duration';
import { runBarrier } from './fan-out/barrier';
import type { Effects } from './effects';
import { type Step, abandoned, completed, contributed, ended, failed, withRecords } from './endings';
import { countHandOver } from './fan-out/limits';
import type { Orphans } from './fan-out/orphans';
import { type Route, routeTo } from './route';
import type { BranchState, Contribution } from './state';

/** Does what the branch's agent replied. */
export function act(state: BranchState, reply: TurnReply, effects: Effects, orphans: Orphans): Step | Promise<Step> {
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
      return completed(after, effects);
    case 'stopped':
      return { end: ended(after, 'abandoned', verdict.error) };
  }
}

/** The same for what comes of a turn that has been taken: the branch has had it. */
async function stoppable(state: BranchState, step: Promise<Step>): Promise<Step> {
  try {
    return await step;
  } catch (error) {
    return { end: abandoned(state, error) };
  }
}
