/** Agents that take no turns, runs that are ended from outside, histories that are full: a run says which, and nothing is left. */
import type { temporal } from '@temporalio/proto';
import type { TurnOutcome } from '../../../src/contract/agent/turns';
import { devServer } from '../../support/env';
import { type AgentWorld, eventually, untilCancelled, withAgents } from '../agent/harness';
import { readyAgents, startRun } from './harness';

const env = devServer();

const topology = { flows: ['Start -> A', 'A <-> B', 'A <-> C'], convergence: 0.5 };
const invoke = (...agents: string[]): TurnOutcome => ({
  reply: { action: 'invoke', invocations: agents.map((agent) => ({ agent, request: 'go' })) },
});
/** The one-line summary of a timer. */
function summaryOf({
  timerStartedEventAttributes: timer,
  userMetadata,
}: temporal.api.history.v1.IHistoryEvent): string {
  const data = userMetadata?.summary?.data;
  return timer && data ? String(JSON.parse(Buffer.from(data).toString('utf8'))) : '';
}
const final: TurnOutcome = { reply: { action: 'final', response: 'done' } };

function fansOut(world: AgentWorld, ...targets: string[]): void {
  world.takeTurn = async ({ agent, request }) =>
    agent === 'A' && request.input.kind === 'task' ? invoke(...targets) : final;
}

it('a stopped agent refuses at once, and is named', async () => {
  await withAgents(env, async (world) => {
    const agents = await readyAgents(world, ['A', 'B', 'C']);
    await agents.get('C')?.send('stop');
    fansOut(world, 'B', 'C');
    const { success, branches } = await (
      await startRun(env, world.taskQueue, { topology, fleet: world.fleet })
    ).result();
    expect(success).toBe(true);
    const name = `${world.fleet}/C`;
    expect(branches[2]).toMatchObject({ outcome: 'failed', error: `${name} is stopped; drover start ${name}` });
  });
});

it('an agent that never becomes ready fails its turns after its unavailableTimeout, and is named', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A', 'B']);
    await world.start('C', { turns: { unavailableTimeout: '1s' } });
    fansOut(world, 'B', 'C');
    const { success, branches } = await (
      await startRun(env, world.taskQueue, { topology, fleet: world.fleet })
    ).result();
    expect(success).toBe(true);
    expect(branches[2]).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(
        new RegExp(`^${world.fleet}/C has sent no beat with status ready for 1 s$`),
      ) as string,
    });
  });
});

it('an agent that drains ends the turn in flight, and takes the next one when it is resumed', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A']);
    const c = await world.start('C', { turns: { maxParallel: 1 } });
    await c.ready();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const begun: string[] = [];
    world.takeTurn = async ({ agent, request }) => {
      if (agent === 'A') return request.input.kind === 'task' ? invoke('C', 'C') : final;
      begun.push(request.turnId);
      await held;
      return final;
    };
    const run = await startRun(env, world.taskQueue, { topology, fleet: world.fleet, run: 'r' });
    await c.until(({ turns }) => turns.inFlight === 1 && turns.queued === 1);
    const pausing = c.send('pause');
    await c.until(({ status }) => status === 'paused');
    release();
    await pausing;
    expect(await c.view()).toMatchObject({ runtime: 'paused', turns: { inFlight: 0, queued: 1 } });
    expect(begun).toHaveLength(1);
    await c.send('resume');
    await c.beat();
    expect(await run.result()).toMatchObject({ success: true, turns: 4 });
    expect(begun).toHaveLength(2);
  });
});

it('a branch whose agent is busy waits and asks again, longer each time, until there is room', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A']);
    const b = await world.start('B', { turns: { maxParallel: 1, queue: 1 } });
    await b.ready();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    world.takeTurn = async ({ agent, request }) => {
      if (agent === 'A') return request.input.kind === 'task' ? invoke('B', 'B', 'B') : final;
      await held;
      return final;
    };
    const run = await startRun(env, world.taskQueue, { topology, fleet: world.fleet, run: 'busy' });
    // One turn is in flight, one is queued; the third branch is refused at least twice before there is room.
    const refusedTwice = async () => {
      const histories = await Promise.all(['0.0', '0.1', '0.2'].map((id) => run.branch(id).fetchHistory()));
      return histories.some(
        ({ events }) => (events ?? []).filter((event) => summaryOf(event).endsWith('B is busy: retry')).length >= 2,
      );
    };
    await eventually(() => refusedTwice().catch(() => false), Boolean);
    release();
    expect(await run.result()).toMatchObject({ success: true, turns: 5 });
  });
});

it('a run that is terminated from outside leaves no turn to an agent', async () => {
  await withAgents(env, async (world) => {
    const agents = await readyAgents(world, ['A', 'B', 'C']);
    world.takeTurn = async ({ agent }) => (agent === 'A' ? invoke('B', 'C') : untilCancelled());
    const run = await startRun(env, world.taskQueue, { topology, fleet: world.fleet });
    for (const name of ['B', 'C']) await agents.get(name)?.until(({ turns }) => turns.inFlight === 1);
    await run.handle.terminate('by the test');
    for (const name of ['B', 'C']) {
      await agents.get(name)?.until(({ turns }) => turns.inFlight === 0 && turns.queued === 0);
    }
  });
});

it('a run that is terminated in the first turn of its own branch leaves no turn either', async () => {
  await withAgents(env, async (world) => {
    const agents = await readyAgents(world, ['A']);
    world.takeTurn = untilCancelled;
    const run = await startRun(env, world.taskQueue, { topology: { flows: ['Start -> A'] }, fleet: world.fleet });
    await agents.get('A')?.until(({ turns }) => turns.inFlight === 1);
    await run.handle.terminate('by the test');
    await agents.get('A')?.until(({ turns }) => turns.inFlight === 0 && turns.queued === 0);
  });
});

it('a branch that is one too many for the history of its workflow is LimitReached', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A', 'B']);
    fansOut(world, ...Array.from({ length: 15 }, () => 'B'));
    const { branches } = await (
      await startRun(env, world.taskQueue, {
        topology: { flows: ['Start -> A', 'A <-> B'], rules: ['max_agents(1)'], convergence: 'any' },
        fleet: world.fleet,
        mostEvents: 80,
      })
    ).result();
    const errors = branches.flatMap(({ id, error }) => (error === null ? [] : [`${id} ${error}`]));
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThan(15);
    expect(errors.at(-1)).toBe('0.14 LimitReached: the history of the workflow has no room for branch 0.14');
  });
});

it('a scripted run whose history is full takes no further turn', async () => {
  await withAgents(env, async (world) => {
    const hand = (agent: string) => ({ action: 'invoke', invocations: [{ agent, request: 1 }], repeat: true });
    const script = { A: [hand('B')], B: [hand('A')] };
    const run = await startRun(env, world.taskQueue, { topology, script, mostEvents: 100 });
    const { error, turns } = await run.result();
    expect(error).toContain('the history of this scripted run has no room for more turns');
    expect(turns).toBeLessThan(50);
  });
});

it('a run whose history is full is no longer paused, and can still be cancelled', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A', 'B', 'C']);
    world.takeTurn = () => untilCancelled();
    const run = await startRun(env, world.taskQueue, { topology, fleet: world.fleet, mostEvents: 60 });
    await run.untilBranch('0', () => true);
    const pauseUntilRefused = async () => {
      for (let paused = 0; paused < 30; paused += 1) {
        await run.handle.executeUpdate('pause', { args: [{}] });
        await run.handle.executeUpdate('resume', { args: [{}] });
      }
    };
    await expect(pauseUntilRefused()).rejects.toMatchObject({ cause: { type: 'LimitReached' } });
    await run.handle.executeUpdate('cancel', { args: [{}] });
    expect(await run.result()).toMatchObject({ success: false });
  });
});

it('a branch tells the run of its children once a second at most', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A', 'B', 'C']);
    fansOut(world, ...Array.from({ length: 12 }, () => 'C'));
    const began = Date.now();
    const run = await startRun(env, world.taskQueue, {
      // With two branches of Start, that of A has a workflow of its own.
      topology: { flows: ['Start -> A', 'Start -> B', 'A <-> C'], rules: ['max_agents(2)'] },
      fleet: world.fleet,
    });
    expect(await run.result()).toMatchObject({ success: true, turns: 15 });
    const seconds = (Date.now() - began) / 1_000;
    const { events } = await run.handle.fetchHistory();
    const told = (events ?? []).filter(
      (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'branchesChanged',
    );
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(2 + seconds);
  });
});
