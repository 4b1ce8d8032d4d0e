/**
 * The costs of operations at the server, in exact counts (docs/performance.md). `npm run costs`
 * prints the table. Each operation is done three times and its least cost counts: on a busy machine
 * two messages may fall into one task, or one into two.
 */
import Table from 'cli-table3';
import { agentWorkflowId } from '../../src/contract/names';
import { LEASE_RENEW_MS } from '../../src/contract/lease';
import { devServer } from '../support/env';
import { type AgentWorld, eventually, type TestAgent, withAgents } from '../workflows/agent/harness';
import { withPool } from '../workflows/agent/subscription-harness';
import { Beating } from '../workflows/lease/gateways';
import { fleetOf, withFleet } from '../workflows/fleet/harness';
import { byList, command, readyAgents, startRun } from '../workflows/run/harness';
import { MARS, MARS_AGENTS, marsTurn } from '../workflows/run/mars';
import { BOUNDS, type Operation } from './bounds';
import { type Cost, Counter, least } from './counting';

const env = devServer();
const counter = new Counter(env);
const ROUNDS = 3;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const found = new Map<Operation, Cost>();

/** The least cost of several rounds, within its bound. */
async function expectCost(operation: Operation, round: (index: number) => Promise<unknown>): Promise<void> {
  const costs: Cost[] = [];
  for (let index = 0; index < ROUNDS; index += 1) costs.push(await counter.costOf(() => round(index)));
  expectWithin(operation, costs);
}

function expectWithin(operation: Operation, costs: readonly Cost[]): void {
  const cost = least(costs);
  found.set(operation, cost);
  const { events, transitions } = BOUNDS[operation];
  expect({
    operation,
    cost: { events: Math.max(cost.events, events), transitions: Math.max(cost.transitions, transitions) },
  }).toEqual({ operation, cost: { events, transitions } });
}

afterAll(() => {
  if (process.env['DROVER_COSTS'] !== 'print') return;
  const table = new Table({ head: ['operation', 'events', 'at most', 'transitions', 'at most'], style: { head: [] } });
  for (const [operation, cost] of found) {
    const bound = BOUNDS[operation];
    table.push([operation, cost.events, bound.events, cost.transitions, bound.transitions]);
  }
  process.stdout.write(`${table.toString()}\n`);
});

const final = (response: unknown) => ({ action: 'final', response });
const invoke = (...agents: string[]) => ({
  action: 'invoke',
  invocations: agents.map((agent) => ({ agent, request: 1 })),
});

test('an agent: its start, an idle minute, its commands', async () => {
  await withAgents(env, async (world) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const agents: TestAgent[] = [];
    const start = async (name: string) => {
      const agent = await world.start(name);
      agents.push(agent);
      await agent.ready();
    };
    await expectCost('start an agent', (index) => start(names[index] ?? ''));
    for (const name of names.slice(ROUNDS)) await start(name);

    const beating = await Beating.of(env, world.taskQueue, agents);
    const gateway = beating.start();
    await beating.hold(gateway);
    await expectCost('an idle minute of 5 agents', async () => {
      for (let passed = 0; passed < MINUTE; passed += 5 * SECOND) {
        await beating.step(5 * SECOND, gateway);
        // Two renewals must not fall into one workflow task, as they do not when a minute lasts a minute.
        if (passed % LEASE_RENEW_MS === 0) await counter.settled();
      }
    });

    const agent = await world.start('f');
    await agent.ready();
    await expectCost('pause and resume', async () => {
      await agent.send('pause');
      await agent.until(({ runtime }) => runtime === 'paused');
      await agent.send('resume');
      await agent.until(({ runtime }) => runtime === 'running');
    });
    await expectCost('a refused resume', () => agent.refused('resume'));
    await expectCost('restart', async () => {
      await agent.send('restart');
      await agent.ready();
    });
  });
});

test('runs: a turn, a hand-over, a fan-out, a question, MARS', async () => {
  await withAgents(env, async (world) => {
    const workers = Array.from({ length: 10 }, (_, index) => `W${String(index)}`);
    await readyAgents(world, ['A', 'B', ...workers, ...MARS_AGENTS]);
    const run = async (world_: AgentWorld, name: string, flows: readonly string[]) =>
      startRun(env, world_.taskQueue, { fleet: world_.fleet, run: name, topology: { flows } });

    await expectCost('a run of one turn', async (index) => {
      world.takeTurn = byList({ A: [final(1)] });
      await (await run(world, `turn-${String(index)}`, ['Start -> A'])).result();
    });
    await expectCost('a run with a hand-over', async (index) => {
      world.takeTurn = byList({ A: [invoke('B')], B: [final(1)] });
      await (await run(world, `over-${String(index)}`, ['Start -> A', 'A -> B'])).result();
    });
    await expectCost('a run that fans out to 10', async (index) => {
      world.takeTurn = byList({
        A: [invoke(...workers), final(1)],
        ...Object.fromEntries(workers.map((worker) => [worker, [invoke('A')]])),
      });
      const flows = ['Start -> A', ...workers.map((worker) => `A <-> ${worker}`)];
      const result = await (await run(world, `fan-${String(index)}`, flows)).result();
      expect(result).toMatchObject({ success: true, turns: 12 });
    });
    await expectCost('a run with a question', async (index) => {
      world.takeTurn = byList({ A: [{ action: 'ask', question: 'which?' }, final(1)] });
      const asked = await run(world, `ask-${String(index)}`, ['Start -> A', 'A -> User']);
      await eventually(asked.view, ({ question }) => question !== null);
      await counter.settled();
      await command(asked, 'answer', { value: 'this' });
      await asked.result();
    });
    await expectCost('the MARS run', async (index) => {
      world.takeTurn = async (call) => marsTurn(call);
      const { taskQueue, fleet } = world;
      const mars = await startRun(env, taskQueue, { fleet, run: `mars-${String(index)}`, topology: MARS });
      expect(await mars.result()).toMatchObject({ success: true, finalResponse: 'MARS', turns: 6 });
    });
  });
});

test('a switch of a credential', async () => {
  await withPool(env, ['one', 'two'], async (world) => {
    const agents: TestAgent[] = [];
    for (const name of ['a', 'b', 'c']) agents.push(await world.ready(name));
    await expectCost('a switch of a credential', async (index) => {
      const agent = agents[index];
      const { subscription } = (await agent?.view()) ?? {};
      if (!agent || !subscription) throw new Error('the agent has no credential');
      await world.report(agent, { subscription: subscription.name, assignment: subscription.assignment });
      await agent.until((view) => (view.subscription?.assignment ?? 0) > subscription.assignment && view.why === null);
      await world.told(index + 1);
      await world.handle.executeUpdate('reset', { args: [{}] });
    });
  });
});

test('an apply of 10 agents', async () => {
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await withFleet(env, async (world) => {
      const names = Array.from({ length: 10 }, (_, index) => `A${String(index)}`);
      for (const name of names) env.started.addWorkflow(agentWorkflowId(world.fleet, name));
      costs.push(await counter.costOf(() => world.apply(fleetOf(names))));
      await world.destroy();
    });
  }
  expectWithin('an apply of 10 agents', costs);
});
