/** A run that stands still says why, from the workflows of its branches and agents, and adds nothing to a history. */
import { ApplicationFailure } from '@temporalio/common';
import { DroverClient } from '../../../src/client';
import type { TurnOutcome } from '../../../src/contract/agent/turns';
import type { BranchWait } from '../../../src/contract/run';
import { devServer } from '../../support/env';
import { type AgentWorld, eventually, TestAgent, withAgents } from '../../workflows/agent/harness';
import { readyAgents, startRun, type TestRun } from '../../workflows/run/harness';

const env = devServer();
const topology = { flows: ['Start -> A', 'A -> End'] };
const final: TurnOutcome = { reply: { action: 'final', response: 'done' } };

/** Waits until a branch of the run waits for such a reason. */
async function untilWait({ fleet, taskQueue }: AgentWorld, why: RegExp): Promise<BranchWait | undefined> {
  const { runs } = DroverClient.over(env.client, taskQueue);
  const found = ({ waits = [] }: { readonly waits?: readonly BranchWait[] }) =>
    waits.find((wait) => why.test(wait.why));
  return found(
    await eventually(
      () => runs.describe({ fleet, run: 'r' }),
      (view) => found(view) !== undefined,
    ),
  );
}

async function started(world: AgentWorld): Promise<TestRun> {
  return startRun(env, world.taskQueue, { topology, fleet: world.fleet, run: 'r' });
}

it('a paused agent is named with the hold and the command, and so is the suspended branch in the card', async () => {
  await withAgents(env, async (world) => {
    const [agent] = (await readyAgents(world, ['A'])).values();
    world.takeTurn = async () => final;
    await agent?.send('pause');
    const run = await started(world);
    expect(await untilWait(world, /Paused by operator since/)).toMatchObject({
      branch: '0',
      agent: 'A',
      isStill: true,
    });
    const lengths = async () => {
      const histories = await Promise.all(
        [run.handle, new TestAgent(world, world.fleet, 'A').handle].map((handle) => handle.fetchHistory()),
      );
      return histories.map((history) => history.events?.length);
    };
    const lookTwice = async () => {
      const before = await lengths();
      await untilWait(world, /drover resume/);
      return { before, after: await lengths() };
    };
    // The pause itself may still be on its way at the first look. A look that adds events adds them each time.
    await eventually(lookTwice, ({ before, after }) => JSON.stringify(before) === JSON.stringify(after));
    const { currentDetails } = await eventually(
      () => run.handle.query<{ currentDetails: string }>('__temporal_workflow_metadata'),
      ({ currentDetails: card }) => card.includes('Paused by'),
    );
    expect(currentDetails).toContain('- 0 A: waiting (Paused by operator since');
    await agent?.send('resume');
    await agent?.beat();
    expect(await run.result()).toMatchObject({ success: true });
  });
});

it('an agent that answers 503 is quoted, with the next attempt, in the run and in the agent', async () => {
  await withAgents(env, async (world) => {
    const [agent] = (await readyAgents(world, ['A'])).values();
    let isBusy = true;
    world.takeTurn = () => {
      if (!isBusy) return Promise.resolve(final);
      const details = { code: 'AgentUnavailable', message: 'not available', details: { why: 'answered 503 (busy)' } };
      return Promise.reject(ApplicationFailure.nonRetryable('not available', 'AgentUnavailable', details));
    };
    const run = await started(world);
    const wait = await untilWait(world, /A answered 503 \(busy\)$/);
    expect(wait).toMatchObject({ turnId: 'r/0/1', isStill: true, askAgainAt: expect.any(String) as string });
    expect((await agent?.view())?.openTurns).toMatchObject([
      { turnId: 'r/0/1', run: 'r', error: 'answered 503 (busy)' },
    ]);
    isBusy = false;
    expect(await run.result()).toMatchObject({ success: true });
  });
});

it('open barriers have what arrived, what failed, what is open and what is needed, at the root too', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['O', 'A', 'B', 'C']);
    let release: (outcome: TurnOutcome) => void = () => undefined;
    const late = new Promise<TurnOutcome>((resolve) => (release = resolve));
    const invocations = ['A', 'B', 'C'].map((name) => ({ agent: name, request: 1 }));
    world.takeTurn = async ({ agent, request: { input } }) => {
      if (agent === 'B') return { reply: { action: 'fail', error: 'b died' } };
      if (agent === 'C') return late;
      return agent === 'O' && input.kind === 'task' ? { reply: { action: 'invoke', invocations } } : final;
    };
    const run = await startRun(env, world.taskQueue, {
      topology: {
        flows: ['Start -> O', 'Start -> A', 'O <-> A', 'O <-> B', 'O <-> C', 'O -> End', 'A -> End'],
        convergence: { minRatio: 0.5 },
      },
      fleet: world.fleet,
      run: 'r',
    });
    const { runs } = DroverClient.over(env.client, world.taskQueue);
    const { barriers } = await eventually(
      () => runs.describe({ fleet: world.fleet, run: 'r' }),
      (view) => view.barriers?.length === 2 && view.barriers[1]?.open === 1 && view.barriers[0]?.open === 1,
    );
    expect(barriers).toEqual([
      { branch: null, agent: null, arrived: ['A'], failed: [], open: 1, needed: 1 },
      {
        branch: '0',
        agent: 'O',
        arrived: ['A'],
        failed: [{ from: 'B', branch: '0.1', error: 'b died' }],
        open: 1,
        needed: 2,
      },
    ]);
    release(final);
    expect(await run.result()).toMatchObject({ success: true });
    expect((await runs.describe({ fleet: world.fleet, run: 'r' })).barriers).toBeUndefined();
  });
});
