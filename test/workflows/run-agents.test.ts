import type { TurnCall } from '../../src/contract/activities';
import type { RunResult } from '../../src/contract/runs';
import type { TurnOutcome } from '../../src/contract/turns';
import { devServer } from '../support/env';
import { type AgentWorld, eventually, withAgents } from './agent-harness';
import { type TestRun, byList, command, readyAgents, refused, startRun } from './run-harness';

const env = devServer();

const MARS = {
  flows: [
    'Start -> Orchestrator',
    'Orchestrator <-> AgentA',
    'Orchestrator <-> AgentB',
    'Orchestrator -> AgentC',
    'AgentC -> AgentD',
    'AgentD -> Orchestrator',
    'Orchestrator -> End',
  ],
};
const LETTERS: Readonly<Record<string, string>> = { AgentA: 'M', AgentB: 'A', AgentC: 'R', AgentD: 'S' };
const NAMES = ['Orchestrator', 'AgentA', 'AgentB', 'AgentC', 'AgentD'];

const invoke = (...targets: [string, unknown][]): TurnOutcome => ({
  reply: { action: 'invoke', invocations: targets.map(([agent, request]) => ({ agent, request })) },
});

/** What the agents of the example do, without their processes. */
function marsTurn({ agent, request: { input } }: TurnCall): TurnOutcome {
  const own = LETTERS[agent] ?? '';
  if (agent === 'AgentC') return invoke(['AgentD', own]);
  if (agent === 'AgentD') return invoke(['Orchestrator', [input.kind === 'request' ? input.value : '', own]]);
  if (agent !== 'Orchestrator') return invoke(['Orchestrator', own]);
  if (input.kind !== 'results') return invoke(['AgentA', 'letter'], ['AgentB', 'letter'], ['AgentC', 'letter']);
  return invoke(['End', input.results.flatMap(({ value }) => value).join('')]);
}

const run = (world: AgentWorld, more: object = {}) =>
  startRun(env, world.taskQueue, { topology: MARS, fleet: world.fleet, ...more });

function barrierOf(result: RunResult) {
  return result.barriers.find(({ agent }) => agent === 'Orchestrator');
}

it('spells MARS in every order of the three replies', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, NAMES);
    const orders = ['ABC', 'ACB', 'BAC', 'BCA', 'CAB', 'CBA'].map((order) =>
      order.split('').map((letter) => `Agent${letter}`),
    );
    const waiting = new Map<string, () => void>();
    world.takeTurn = async (call) => {
      if (['AgentA', 'AgentB', 'AgentC'].includes(call.agent)) {
        await new Promise<void>((resolve) => waiting.set(call.agent, resolve));
      }
      return marsTurn(call);
    };
    for (const order of orders) {
      world.taken.length = 0;
      const under = await run(world, { run: order.join('-') });
      for (const [index, agent] of order.entries()) {
        const release = await eventually(
          async () => waiting.get(agent),
          (found) => found !== undefined,
        );
        waiting.delete(agent);
        release?.();
        // The next reply comes only after this one has reached its barrier, C's by way of D.
        const open = async () => (await under.branchView('0')).barrier?.running ?? 0;
        await eventually(open, (running) => running === 2 - index);
      }
      const result = await under.result();
      expect(result).toMatchObject({ success: true, finalResponse: 'MARS', turns: 6 });
      expect(barrierOf(result)).toMatchObject({
        arrived: ['AgentA', 'AgentB', 'AgentD'],
        failed: [],
        outcome: 'fired',
      });
      expect(world.taken.filter(({ agent }) => agent === 'Orchestrator')).toHaveLength(2);
    }
  });
}, 120_000);

const final = (response: unknown) => ({ action: 'final', response });
const ask = (question: unknown, more: object = {}) => ({ action: 'ask', question, ...more });

describe('the human', () => {
  const topology = { flows: ['Start -> A', 'Start -> B', 'A -> User', 'B -> User'] };
  const question = (under: TestRun, wanted: unknown) =>
    eventually(under.view, (view) => JSON.stringify(view.question?.question) === JSON.stringify(wanted));

  it('is asked one question at a time, in order, and only the open one is answered', async () => {
    await withAgents(env, async (world) => {
      await readyAgents(world, ['A', 'B']);
      const invokesUser = { action: 'invoke', invocations: [{ agent: 'User', request: { third: 1 } }] };
      world.takeTurn = byList({ A: [ask('first?'), invokesUser, final('a')], B: [ask('second?'), final('b')] });
      const b = world.takeTurn;
      let askedFirst = false;
      world.takeTurn = async (call) => {
        if (call.agent === 'B' && !askedFirst) await question(under, 'first?');
        askedFirst = true;
        return b(call);
      };
      const under = await run(world, { topology });
      expect(await question(under, 'first?')).toMatchObject({ question: { agent: 'A', branch: '0' } });
      await under.untilBranch('1', ({ waitingFor }) => waitingFor === 'human');
      expect(await refused(under, 'answer', { value: 1, question: 'second?' })).toMatchObject({
        code: 'InvalidRequest',
      });
      await command(under, 'answer', { value: 1, question: 'first?' });
      await question(under, 'second?');
      await command(under, 'answer', { value: null });
      await question(under, { third: 1 });
      await command(under, 'answer', { value: 3 });
      expect(await under.result()).toMatchObject({ success: true, turns: 5 });
      const answers = world.taken.flatMap(({ request: { input } }) => (input.kind === 'answer' ? [input.value] : []));
      expect(answers).toEqual([1, null, 3]);
    });
  });

  it('is no longer asked by a run that is cancelled', async () => {
    await withAgents(env, async (world) => {
      await readyAgents(world, ['A']);
      world.takeTurn = byList({ A: [ask('which?')] });
      const under = await run(world, { topology: { flows: ['Start -> A', 'A -> User'] } });
      await question(under, 'which?');
      await command(under, 'cancel');
      expect(await under.result()).toMatchObject({ success: false, error: 'cancelled' });
      expect(await under.view()).toMatchObject({ state: 'cancelled', question: null });
    });
  });
});

describe('what goes wrong outside', () => {
  const topology = { flows: ['Start -> A', 'A <-> B', 'A <-> C'], convergence: { minRatio: 0.5 } };
  const fanOut = invoke(['B', 'go'], ['C', 'go']);
  const replies = (call: TurnCall): TurnOutcome => {
    if (call.agent !== 'A') return { reply: final(call.agent) };
    return call.request.input.kind === 'task' ? fanOut : { reply: final(call.request.input) };
  };

  it('an agent that is not there is named', async () => {
    await withAgents(env, async (world) => {
      await readyAgents(world, ['A', 'B']);
      world.takeTurn = async (call) => replies(call);
      const under = await run(world, { topology });
      const { success, branches } = await under.result();
      expect(success).toBe(true);
      expect(branches[2]).toMatchObject({
        agents: ['C'],
        outcome: 'failed',
        error: `agent/${world.fleet}/C is not there`,
      });
    });
  });

  it('a branch that is terminated is a failure that names it', async () => {
    await withAgents(env, async (world) => {
      await readyAgents(world, ['A', 'B', 'C']);
      world.takeTurn = async (call) => {
        if (call.agent === 'C') await under.branch('0.1').terminate('by the test');
        return replies(call);
      };
      const under = await run(world, { topology: { ...topology, convergence: 'strict' } });
      const result = await under.result();
      expect(result.error).toBe(
        'ROOT failure: insufficient arrivals: 0 of 1 (A: insufficient arrivals: 1 of 2 (C: branch 0.1 (C) was terminated))',
      );
    });
  });

  it('a branch that is cancelled from outside is a failure that names it, and its turn is withdrawn', async () => {
    await withAgents(env, async (world) => {
      const agents = await readyAgents(world, ['A', 'B', 'C']);
      let release: () => void = () => undefined;
      world.takeTurn = async (call) => {
        if (call.agent !== 'C') return replies(call);
        await under.branch('0.1').cancel();
        await new Promise<void>((resolve) => (release = resolve));
        return replies(call);
      };
      const under = await run(world, { topology });
      const result = await under.result();
      release();
      expect(result.branches[2]).toMatchObject({
        id: '0.1',
        outcome: 'failed',
        error: 'branch 0.1 was cancelled',
        turns: 0,
      });
      await agents.get('C')?.until(({ turns }) => turns.inFlight === 0 && turns.queued === 0);
    });
  });

  it('an agent that is terminated in the middle of its turn ends the turn, and is named', async () => {
    await withAgents(env, async (world) => {
      const agents = await readyAgents(world, ['A', 'B', 'C']);
      let release: () => void = () => undefined;
      world.takeTurn = async (call) => {
        if (call.agent === 'C') await new Promise<void>((resolve) => (release = resolve));
        return replies(call);
      };
      const under = await run(world, { topology });
      await agents.get('C')?.until(({ turns }) => turns.inFlight === 1);
      await agents.get('C')?.send('terminate');
      const result = await under.result();
      release();
      expect(result.success).toBe(true);
      expect(result.branches[2]).toMatchObject({
        agents: ['C'],
        outcome: 'failed',
      });
      expect(result.branches[2]?.error).toContain(`${world.fleet}/C`);
    });
  });

  it('a paused agent holds its own turns only, and the run ends as if nothing had happened', async () => {
    await withAgents(env, async (world) => {
      const agents = await readyAgents(world, ['A', 'B', 'C']);
      world.takeTurn = async (call) => replies(call);
      await agents.get('C')?.send('pause');
      const under = await run(world, { topology: { ...topology, convergence: 'strict', rules: ['timeout(30)'] } });
      await under.untilBranch('0', ({ barrier }) => barrier?.arrived.length === 1);
      const outcomes = async () =>
        (await under.view()).branches.map(({ id, outcome }) => `${id} ${outcome}`).join(', ');
      await eventually(outcomes, (all) => all === '0 waiting, 0.0 completed, 0.1 waiting');
      await agents.get('C')?.send('resume');
      await agents.get('C')?.beat();
      expect(await under.result()).toMatchObject({ success: true, turns: 4 });
    });
  });
});
