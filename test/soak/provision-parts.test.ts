import { provisionPartId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { type ProviderHook, providerFailure } from '../support/memory-provider';
import { eventually } from '../workflows/agent/harness';
import { fleetOf, type FleetWorld, memory, withFleet } from '../workflows/fleet/harness';

const env = devServer();
const NAMES = ['A', 'B', 'C', 'D', 'E'];

// A part that is terminated or cancelled in the middle of a task has that task failed by the server.
beforeEach(() => env.allowFailedTasks());

function failing(call: string, agent: string): ProviderHook {
  return (made) => {
    if (made.call === call && made.agent === agent) throw providerFailure('no', true);
  };
}

/** A fleet whose changes are carried out in parts of two agents. */
async function inParts(
  test: (world: FleetWorld) => Promise<void>,
  options: Parameters<typeof withFleet>[2] = {},
): Promise<void> {
  await withFleet(
    env,
    async (world) => {
      await world.start({ agentsPerPart: 2 });
      await test(world);
    },
    options,
  );
}

test('a large change is carried out in parts, and its view is that of one change', async () => {
  await inParts(async (world) => {
    expect(await world.apply(fleetOf(NAMES))).toMatchObject({
      state: 'done',
      steps: { created: 5, woken: 5, ready: 5, total: 5 },
      compensation: null,
    });
    expect(Object.keys((await world.view()).agents).sort()).toEqual(NAMES);
    const third = await env.client.workflow.getHandle(provisionPartId(world.fleet, 1, '3')).describe();
    expect(third.status.name).toBe('COMPLETED');

    const next = {
      agents: [
        memory('A'),
        memory('B', { process: { command: ['x'] } }),
        memory('C', { turns: { queue: 1 } }),
        memory('F'),
      ],
    };
    const changed = await world.apply(next);
    expect(changed).toMatchObject({ state: 'done', steps: { created: 2, total: 5 } });
    expect(world.held()).toEqual(['A', 'B', 'C', 'F']);
    expect(await world.agent('C')).toMatchObject({ revision: 2 });
    expect(await world.destroy()).toMatchObject({ state: 'done' });
    expect(world.held()).toEqual([]);
  });
});

test('one of a later part fails: what the parts before it have made is taken back, newest first', async () => {
  await inParts(
    async (world) => {
      const ended = await world.apply(fleetOf(NAMES));
      expect(ended).toMatchObject({ state: 'rolled_back', error: 'D: no', ids: {} });
      expect(ended.compensation).toMatchObject({ state: 'compensated', attempt: 1 });
      expect(Object.fromEntries(ended.compensation?.entries.map(({ name, outcome }) => [name, outcome]) ?? [])).toEqual(
        {
          A: 'undone',
          B: 'undone',
          C: 'undone',
          D: 'nothing_to_undo',
        },
      );
      expect(world.provider.count('createResource', 'E')).toBe(0);
      expect(world.held()).toEqual([]);
      expect((await world.view()).agents).toEqual({});
      const order = world.provider.calls.filter(({ call }) => call === 'destroyResource').map(({ agent }) => agent);
      expect(order.indexOf('C')).toBeLessThan(order.indexOf('A'));
    },
    { before: failing('createResource', 'D') },
  );
});

test('kept, then taken back by an operator', async () => {
  await inParts(
    async (world) => {
      expect(await world.apply(fleetOf(NAMES, { provisioning: { onFailure: 'keep' } }))).toMatchObject({
        state: 'kept',
      });
      expect(world.held()).toEqual(['A', 'B', 'C', 'D']);
      await world.handle.executeUpdate('compensate', { args: [{ attempt: 1, revision: 1 }] });
      const { change, agents } = await eventually(
        () => world.view(),
        (view) => view.change?.state !== 'running',
      );
      expect(change).toMatchObject({ state: 'rolled_back', compensation: { state: 'compensated' } });
      expect(agents).toEqual({});
      expect(world.held()).toEqual([]);
    },
    { before: failing('wakeResource', 'D') },
  );
});

test.each(['cancelled', 'terminated', 'its part terminated'] as const)('in the middle of a part: %s', async (how) => {
  await inParts(
    async (world) => {
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(NAMES) });
      await eventually(
        async () => world.provider.count('wakeResource', 'D'),
        (count) => count > 0,
      );
      const part = env.client.workflow.getHandle(provisionPartId(world.fleet, 1, '2'));
      if (how === 'cancelled') await world.saga().executeUpdate('cancel', { args: [{}] });
      else if (how === 'terminated') await world.saga().terminate('pulled');
      else await part.terminate('pulled');
      const ended = await world.ended(changeId ?? '', revision);
      expect(ended).toMatchObject({ state: 'rolled_back', compensation: { state: 'compensated' } });
      expect(world.held()).toEqual([]);
      expect((await world.view()).agents).toEqual({});
      expect(world.provider.count('createResource', 'E')).toBe(0);
    },
    { silent: ['D'] },
  );
});
