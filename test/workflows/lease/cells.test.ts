/** Leases that are terminated, cancelled or reset from outside (docs/operations.md): no agent that beats is lost. */
import type { LogAnswer } from '../../../src/contract/event/log';
import { devServer } from '../../support/env';
import { resetWorkflow } from '../../support/reset';
import { type AgentWorld, eventually, type TestAgent, withAgents } from '../agent/harness';
import { Beating, changesOf, type TestGateway } from './gateways';

const env = devServer();
// A workflow that is ended or reset in the middle of a task has that task failed by the server.
beforeEach(() => env.allowFailedTasks());

interface Around {
  readonly agents: readonly [TestAgent, TestAgent];
  readonly beating: Beating;
  readonly gateway: TestGateway;
  readonly lease: string;
}

/** Two agents, held by one lease. */
function withLease(test: (around: Around, world: AgentWorld) => Promise<void>) {
  return withAgents(env, async (world) => {
    const agents = [await world.start('a'), await world.start('b')] as const;
    const beating = await Beating.of(env, world.taskQueue, agents);
    const gateway = beating.start();
    await beating.hold(gateway);
    await test({ agents, beating, gateway, lease: `lease/${gateway.instance}/0/1` }, world);
  });
}

/** The gateway finds out, and its agents are held by the next lease. */
async function expectNext({ agents, beating, gateway }: Around): Promise<void> {
  beating.clock.now += 20_000;
  await gateway.tick();
  expect(gateway.warned).toEqual([expect.stringContaining('has ended')]);
  beating.clock.now += 1_000;
  await gateway.tick();
  await beating.hold(gateway);
  for (const agent of agents) {
    expect((await agent.view()).heldBy).toEqual([`lease/${gateway.instance}/0/2`]);
    expect(await changesOf(agent)).toEqual(['starting > ready']);
  }
}

it('lease terminated: its gateway begins the next one, and no agent changes its liveness', () =>
  withLease(async (around) => {
    await env.client.workflow.getHandle(around.lease).terminate('by mistake');
    await expectNext(around);
  }));

it('lease cancelled: it tells its agents and ends, and its gateway begins the next one', () =>
  withLease(async (around) => {
    const handle = env.client.workflow.getHandle(around.lease);
    await handle.cancel();
    await handle.result();
    expect((await handle.describe()).status.name).toBe('COMPLETED');
    const agents = around.agents.map(({ fleet, name }) => `${fleet}/${name}`);
    expect((await handle.query<LogAnswer>('log')).entries).toMatchObject([
      { type: 'lease.lost', data: { lease: around.lease, agents, held: 2, reason: 'it was cancelled' } },
    ]);
    for (const agent of around.agents) expect(await agent.until(({ heldBy }) => heldBy === undefined)).toBeDefined();
    await expectNext(around);
  }));

it('lease reset: it has the agents of its gateway again', () =>
  withLease(async (around) => {
    const { agents, beating, gateway, lease } = around;
    beating.clock.now += 20_000;
    await gateway.tick();
    await eventually(
      () => gateway.lease(lease),
      ({ n }) => n === 2,
    );
    await resetWorkflow(env, lease);
    beating.clock.now += 20_000;
    await gateway.tick();
    await eventually(
      () => gateway.lease(lease),
      ({ n, agents: count, ends }) => n === 3 && count === 2 && ends === null,
    );
    for (const agent of agents) expect(await changesOf(agent)).toEqual(['starting > ready']);
  }));
