import { ApplicationFailure } from '@temporalio/common';
import type { TurnCall, UndoCall } from '../../../src/contract/activities';
import type { RunResult, RunView } from '../../../src/contract/run';
import type { TurnOutcome } from '../../../src/contract/agent/turns';
import { devServer } from '../../support/env';
import { type AgentWorld, eventually, withAgents } from '../agent/harness';
import { type TestRun, byList, command, readyAgents, refused, startRun } from './harness';
import { invoke, MARS, MARS_AGENTS, marsTurn } from './mars';

const env = devServer();

const run = (world: AgentWorld, more: object = {}) =>
  startRun(env, world.taskQueue, { topology: MARS, fleet: world.fleet, ...more });

function barrierOf(result: RunResult) {
  return result.barriers.find(({ agent }) => agent === 'Orchestrator');
}

it('spells MARS in every order of the three replies', async () => {
  env.record('mars-run');
  await withAgents(env, async (world) => {
    await readyAgents(world, MARS_AGENTS);
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
        const barrier = async () => (await under.branchView('0')).barrier;
        if (index < 2) {
          const seen = await eventually(barrier, (there) => there?.open === 2 - index);
          expect(seen).toMatchObject({ failed: [], needed: 3 });
          expect(seen?.arrived).toHaveLength(index + 1);
        }
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
});

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
      const replying = world.takeTurn;
      // B asks only once A's question is open, so that their order is known.
      world.takeTurn = async (call) => {
        if (call.agent === 'B' && call.request.input.kind === 'task') await question(under, 'first?');
        return replying(call);
      };
      const under = await run(world, { topology });
      expect(await question(under, 'first?')).toMatchObject({ question: { agent: 'A', branch: '0' } });
      await under.untilBranch('1', ({ waitingFor, turns }) => waitingFor === 'human' && turns === 1);
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

  it.each([
    { answer: 'yes', success: true },
    { answer: 'no', success: false },
  ])('decides at a barrier that has too little, with $answer', async ({ answer, success }) => {
    await withAgents(env, async (world) => {
      await readyAgents(world, ['A', 'B', 'C']);
      const died = { action: 'fail', error: 'died' };
      world.takeTurn = async (call) => {
        if (call.agent !== 'A') return { reply: call.agent === 'B' ? final('b') : died };
        return call.request.input.kind === 'task' ? invoke(['B', 1], ['C', 1]) : { reply: final('end') };
      };
      const flows = ['Start -> A', 'A <-> B', 'A <-> C', 'A -> User'];
      const under = await run(world, { topology: { flows, convergence: 'user' } });
      const text = 'insufficient arrivals: 1 of 2 (C: died). Proceed with what arrived (yes), or fail (no)?';
      await question(under, text);
      await command(under, 'answer', { value: answer });
      expect(await under.result()).toMatchObject({ success, finalResponse: success ? 'end' : null });
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
        error: `workflow agent/${world.fleet}/C is gone`,
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
      let endProcess: () => void = () => undefined;
      const process = new Promise<never>((_, reject) => {
        endProcess = () => {
          reject(new Error('the connection was lost'));
        };
      });
      world.takeTurn = async (call) => (call.agent === 'C' ? process : replies(call));
      const under = await run(world, { topology });
      await agents.get('C')?.until(({ turns }) => turns.inFlight === 1);
      const terminated = agents.get('C')?.send('terminate');
      await agents.get('C')?.until(({ status }) => status === 'terminated');
      endProcess();
      const result = await under.result();
      expect(result.success).toBe(true);
      expect(result.branches[2]).toMatchObject({ agents: ['C'], outcome: 'failed' });
      expect(result.branches[2]?.error).toContain(`${world.fleet}/C`);
      await terminated;
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

  it('an agent whose queue is full is asked again until it has room', async () => {
    await withAgents(env, async (world) => {
      await readyAgents(world, ['A']);
      await (await world.start('B', { turns: { maxParallel: 1, queue: 0 } })).ready();
      world.takeTurn = async (call) => {
        if (call.agent === 'B') await new Promise((resolve) => setTimeout(resolve, 300));
        return call.agent === 'A' && call.request.input.kind === 'task'
          ? invoke(['B', 1], ['B', 2], ['B', 3])
          : { reply: final(call.request.input) };
      };
      const under = await run(world, { topology: { flows: ['Start -> A', 'A <-> B'] } });
      expect(await under.result()).toMatchObject({ success: true, turns: 5 });
      expect(world.taken.filter(({ agent }) => agent === 'B')).toHaveLength(3);
    });
  });
});

describe('undo', () => {
  const topology = { flows: ['Start -> A', 'A <-> B', 'A <-> C'] };
  const booked = (response: unknown, undo: unknown) => ({ ...final(response), undo });

  it('asks every agent whose finished turn can be undone, newest first, when the run fails', async () => {
    const asked: UndoCall[] = [];
    const undoTurn = async (call: UndoCall) => {
      asked.push(call);
      if (call.agent === 'B') throw ApplicationFailure.nonRetryable('B cannot undo', 'TurnRejected');
    };
    await withAgents(
      env,
      async (world) => {
        await readyAgents(world, ['A', 'B', 'C']);
        const fanOut = { ...(invoke(['B', 1], ['C', 1]) as { reply: object }).reply, undo: 'plan' };
        const list = byList({
          A: [fanOut, { action: 'fail', error: 'no' }],
          B: [booked('b', 7)],
          C: [booked('c', { seat: 1 })],
        });
        let begun: (under: TestRun) => void = () => undefined;
        const started = new Promise<TestRun>((resolve) => (begun = resolve));
        world.takeTurn = async (call) => {
          // C is the newer one: B's branch has ended before it replies.
          if (call.agent === 'C') {
            const isOver = ({ branches }: RunView) =>
              branches.some(({ id, outcome }) => id === '0.0' && outcome === 'completed');
            await eventually((await started).view, isOver);
          }
          return list(call);
        };
        const under = await run(world, { topology, run: 'undone' });
        begun(under);
        expect(await under.result()).toMatchObject({
          success: false,
          error: expect.stringContaining('(A: no)') as string,
        });
        const { fleet } = world;
        expect(asked).toEqual([
          { fleet, agent: 'C', turnId: 'undone/0.1/1', undo: { seat: 1 } },
          { fleet, agent: 'B', turnId: 'undone/0.0/1', undo: 7 },
          { fleet, agent: 'A', turnId: 'undone/0/1', undo: 'plan' },
        ]);
        const { compensation } = await under.view();
        expect(compensation).toMatchObject({ state: 'failed', attempt: 1 });
        expect(compensation?.entries.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
          'A undone',
          'B failed',
          'C undone',
        ]);
      },
      { activities: { undoTurn } },
    );
  });

  it('asks no agent when the run succeeds', async () => {
    await withAgents(env, async (world) => {
      await readyAgents(world, ['A']);
      world.takeTurn = byList({ A: [booked('done', 1)] });
      const under = await run(world, { topology: { flows: ['Start -> A'] } });
      expect(await under.result()).toMatchObject({ success: true });
      expect(await under.view()).toMatchObject({ state: 'completed', compensation: null });
    });
  });
});
