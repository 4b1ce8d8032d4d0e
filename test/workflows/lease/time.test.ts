/** Leases over skipped time: what a gateway's death, a move of the agents and an outage of Drover do to liveness. */
import { LEASE_WORKFLOW, leaseWorkflowId } from '../../../src/contract/names';
import { timeSkipping } from '../../support/env';
import { type AgentWorld, eventually, type TestAgent, withAgents } from '../agent/harness';
import { Beating, changesOf, type TestGateway } from './gateways';

const env = timeSkipping();
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

interface Around {
  readonly world: AgentWorld;
  readonly agents: readonly TestAgent[];
  readonly beating: Beating;
  readonly gateway: TestGateway;
}

/** Three agents, held by the lease of one gateway; a worker asks the gateway that listens longest. */
function withHeld(test: (around: Around) => Promise<void>) {
  const holder: { beating?: Beating } = {};
  const askGateway = async () => {
    const listening = (holder.beating?.gateways ?? []).filter(({ isAlive }) => isAlive).map((one) => one.listeningMs());
    return { listeningMs: listening.length === 0 ? null : Math.max(...listening) };
  };
  return withAgents(
    env,
    async (world) => {
      const agents: TestAgent[] = [];
      for (const name of ['a', 'b', 'c']) agents.push(await world.start(name));
      const beating = await Beating.of(env, world.taskQueue, agents);
      holder.beating = beating;
      const gateway = beating.start();
      await beating.hold(gateway);
      await test({ world, agents, beating, gateway });
    },
    { activities: { askGateway } },
  );
}

const livenessOf = (agents: readonly TestAgent[]) =>
  Promise.all(agents.map(async (agent) => (await agent.view()).liveness));

const eventsOf = (agents: readonly TestAgent[]) =>
  Promise.all(agents.map(async ({ handle }) => (await handle.describe()).historyLength));

it('an agent that a lease holds writes no event in ten minutes', () =>
  withHeld(async ({ agents, beating, gateway }) => {
    const before = await eventsOf(agents);
    await beating.pass(10 * MINUTE, gateway);
    expect(await eventsOf(agents)).toEqual(before);
  }));

it('an agent that is killed is offline after its staleAfter, and the others stay; its next beat brings it back', () =>
  withHeld(async ({ agents, beating, gateway }) => {
    await beating.pass(5 * MINUTE, gateway);
    beating.dead.add('b');
    await beating.pass(40 * SECOND, gateway);
    expect(await livenessOf(agents)).toEqual(['ready', 'ready', 'ready']);
    await beating.pass(40 * SECOND, gateway);
    expect(await livenessOf(agents)).toEqual(['ready', 'offline', 'ready']);
    beating.dead.delete('b');
    await beating.pass(40 * SECOND, gateway);
    const [, back] = agents;
    expect((await back?.view())?.heldBy).toHaveLength(1);
    expect(await livenessOf(agents)).toEqual(['ready', 'ready', 'ready']);
  }));

it('a gateway that is killed and restarted at once: no agent changes its liveness', () =>
  withHeld(async ({ agents, beating, gateway }) => {
    await beating.pass(2 * MINUTE, gateway);
    gateway.isAlive = false;
    await beating.pass(10 * MINUTE, beating.start());
    for (const agent of agents) expect(await changesOf(agent)).toEqual(['starting > ready']);
  }));

it('a gateway that is killed and not restarted: all are offline within staleAfter and the time of a lease, none twice', () =>
  withHeld(async ({ agents, beating, gateway }) => {
    await beating.pass(2 * MINUTE, gateway);
    gateway.isAlive = false;
    await beating.pass(2 * MINUTE + 5 * SECOND, null);
    await eventually(
      () => livenessOf(agents),
      (all) => all.every((liveness) => liveness === 'offline'),
    );
    await beating.pass(10 * MINUTE, null);
    for (const agent of agents) expect(await changesOf(agent)).toEqual(['starting > ready', 'ready > offline']);
  }));

it('a balancer that moves all agents to another gateway: no agent changes its liveness', () =>
  withHeld(async ({ agents, beating, gateway }) => {
    const other = beating.start();
    await beating.pass(2 * MINUTE, gateway);
    await beating.pass(10 * MINUTE, other);
    await beating.pass(10 * MINUTE, gateway);
    for (const agent of agents) {
      expect(await changesOf(agent)).toEqual(['starting > ready']);
      expect((await agent.view()).heldBy).toEqual([expect.stringContaining(gateway.instance)]);
    }
  }));

it('a gateway that is killed between a first beat and its renewal: the agent goes offline in time', () =>
  withAgents(
    env,
    async (world) => {
      const agent = await world.start('a');
      const beating = await Beating.of(env, world.taskQueue, [agent]);
      const gateway = beating.start();
      await gateway.beat(agent, (await agent.view()).instanceId ?? '');
      await agent.until(({ liveness }) => liveness === 'ready');
      gateway.isAlive = false;
      await beating.pass(60 * SECOND, null);
      await agent.until(({ liveness }) => liveness === 'offline');
      expect(await changesOf(agent)).toEqual(['starting > ready', 'ready > offline']);
    },
    { activities: { askGateway: async () => ({ listeningMs: 10 * MINUTE }) } },
  ));

it('its state survives continue-as-new: agents are told by the run that the lease ends in', () =>
  withAgents(
    env,
    async (world) => {
      const agents = [await world.start('a'), await world.start('b')];
      const beating = await Beating.of(env, world.taskQueue, agents);
      const gateway = beating.start();
      const ref = { instance: gateway.instance, shard: 0, epoch: 1 };
      const workflowId = leaseWorkflowId(ref);
      const args = [{ v: 1, ...ref, continueAfterEvents: 30 }];
      await env.client.workflow.start(LEASE_WORKFLOW, { workflowId, taskQueue: world.taskQueue, args });
      await beating.hold(gateway);
      await beating.pass(5 * MINUTE, gateway);
      const { raw } = await env.client.workflow.getHandle(workflowId).describe();
      expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
      expect(await gateway.lease(workflowId)).toMatchObject({ agents: 2, ends: null });
      gateway.isAlive = false;
      await beating.pass(3 * MINUTE, null);
      await eventually(
        () => livenessOf(agents),
        (all) => all.every((liveness) => liveness === 'offline'),
      );
    },
    { activities: { askGateway: async () => ({ listeningMs: null }) } },
  ));
