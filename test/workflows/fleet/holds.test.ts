/** A fleet-wide hold is never lost: what keeps it from an agent is seen, and told again until the agent follows. */
import { createFleetActivities } from '../../../src/activities/fleet/fleet';
import { Calls } from '../../../src/client/temporal/calls';
import type { TurnResult } from '../../../src/contract/activities';
import type { AgentInput } from '../../../src/contract/agent';
import type { FleetView } from '../../../src/contract/fleet';
import { agentWorkflowId } from '../../../src/contract/names';
import { turnRequest } from '../../agent/turn-request';
import { INSTALLATION } from '../../support/installation';
import { devServer } from '../../support/env';
import { providerFailure } from '../../support/memory-provider';
import { eventually, refusalOf } from '../agent/harness';
import { type FleetWorld, fleetOf, withFleet } from './harness';

const env = devServer();

function agentOf(world: FleetWorld, name: string) {
  return env.client.workflow.getHandle(agentWorkflowId(world.fleet, name));
}

/** Waits until the fleet says that its holds have reached everybody. */
function done(world: FleetWorld): Promise<FleetView> {
  return eventually(
    () => world.view(),
    ({ untold, troubles }) => untold === undefined && troubles === undefined,
  );
}

test('an agent that refuses, as its continue-as-new is overdue, receives it again; the fleet does not say done before', async () => {
  let endTurn: (result: TurnResult) => void = () => undefined;
  const turn = new Promise<TurnResult>((resolve) => (endTurn = resolve));
  const fleet = createFleetActivities({ calls: new Calls(env.client), installation: INSTALLATION, host: 'here' });
  const soon = (input: AgentInput) => fleet.ensureAgent({ ...input, continueAfterEvents: 15 });
  await withFleet(
    env,
    async (world) => {
      await world.apply(fleetOf(['A']));
      const agent = agentOf(world, 'A');
      const request = turnRequest({ turnId: 't', agent: 'A' });
      await agent.signal('turnRequested', { turnId: 't', replyTo: 'run/x/r/0', request });
      await eventually(
        () => world.agent('A'),
        ({ turns }) => turns.inFlight === 1,
      );
      // A turn in flight keeps it from continuing as new, and three times the limit is overdue.
      for (let length = 0; length < 45; length = (await agent.describe()).historyLength)
        await agent.signal('nobodyKnowsThis');

      const view = await world.fleets.pause(world.fleet, { reason: 'deploy' });
      expect(view.untold).toMatchObject([{ agent: 'A' }]);
      expect((await world.agent('A')).holds).toEqual([]);
      endTurn({ reply: { action: 'final', response: 'r' } });
      await done(world);
      expect(await world.agent('A')).toMatchObject({ status: 'paused', holds: [{ name: 'fleet', reason: 'deploy' }] });
    },
    { takeTurn: () => turn, moreActivities: { ensureAgent: soon } },
  );
});

test('holds of users leave room for those of Drover: the fleet and an operator can always pause', async () => {
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['A']));
    const agent = agentOf(world, 'A');
    const names = Array.from({ length: 32 }, (_, index) => `hold${String(index)}`);
    for (const hold of names) await agent.executeUpdate('hold', { args: [{ hold }] });
    const oneMore: unknown = await agent.executeUpdate('hold', { args: [{ hold: 'more' }] }).catch(refusalOf);
    expect(oneMore).toMatchObject({ code: 'LimitReached' });

    await world.fleets.pause(world.fleet);
    await agent.executeUpdate('pause', { args: [{}] });
    await done(world);
    const held = async () => (await world.agent('A')).holds.map(({ name }) => name);
    expect(await held()).toEqual([...names, 'fleet', 'operator']);
    await world.fleets.resume(world.fleet);
    await done(world);
    expect(await held()).toEqual([...names, 'operator']);
  });
});

test.each(['suspendResource', 'continueResource'] as const)(
  'a provider that fails at %s: the agent that does not follow is named, and told again',
  async (effect) => {
    let failures = 0;
    await withFleet(
      env,
      async (world) => {
        await world.apply(fleetOf(['A', 'B']));
        const isFirst = effect === 'suspendResource';
        if (!isFirst) {
          await world.fleets.pause(world.fleet);
          await done(world);
        }
        failures = 1;
        await (isFirst ? world.fleets.pause(world.fleet) : world.fleets.resume(world.fleet));
        await done(world);
        const expected = isFirst
          ? { runtime: 'paused', holds: [{ name: 'fleet' }] }
          : { status: 'running', runtime: 'running', holds: [] };
        for (const name of ['A', 'B']) expect(await world.agent(name)).toMatchObject(expected);
        expect(world.provider.count(effect, 'A')).toBe(2);
        expect(world.provider.count(effect, 'B')).toBe(1);
      },
      {
        before: ({ call, agent }) => {
          if (call !== effect || agent !== 'A' || failures === 0) return;
          failures -= 1;
          throw providerFailure('no such cgroup', true);
        },
      },
    );
  },
);

test('a server that fails at every call of a round: the fleet answers, says what it cannot do, and goes on by itself', async () => {
  const fleet = createFleetActivities({ calls: new Calls(env.client), installation: INSTALLATION, host: 'here' });
  let isBroken = false;
  const setHold: typeof fleet.setHold = async (call) => {
    if (isBroken) throw Object.assign(new Error('13 INTERNAL: shard status unknown'), { name: 'ServiceError' });
    return fleet.setHold(call);
  };
  await withFleet(
    env,
    async (world) => {
      await world.apply(fleetOf(['A']));
      isBroken = true;
      await world.fleets.pause(world.fleet);
      const { troubles, untold } = await eventually(
        () => world.view(),
        (view) => view.troubles !== undefined,
      );
      expect(troubles).toMatchObject([
        { what: 'tell the agents of the holds', why: expect.stringContaining('shard status unknown') as string },
      ]);
      expect(untold).toMatchObject([{ agent: 'A' }]);
      // Other commands are taken while it goes on, and continue-as-new is not kept from happening.
      expect(await world.fleets.plan(world.fleet, fleetOf(['A', 'B']))).toMatchObject({ changes: [{ agent: 'B' }] });
      isBroken = false;
      await done(world);
      expect(await world.agent('A')).toMatchObject({ status: 'paused', holds: [{ name: 'fleet' }] });
    },
    { moreActivities: { setHold } },
  );
});
