/** Changes on skipped time: what only a deadline decides. */
import { timeSkipping } from '../../support/env';
import { providerFailure } from '../../support/memory-provider';
import type { AgentSpec } from '../../../src/contract/agent';
import { agentWorkflowId } from '../../../src/contract/names';
import { eventually } from '../agent/harness';
import { type FleetWorld, fleetOf, withFleet } from '../fleet/harness';

const env = timeSkipping();

const CREATE_MS = 30_000;

/** Of a provider that keeps no tombstone: the one in memory stands in for the service. */
const external: AgentSpec = {
  name: 'A',
  provider: 'external',
  external: { create: 'http://service/create', destroy: 'http://service/destroy' },
};

test('a create that lands after its own destroy is removed where nothing refuses it: it is destroyed again after the deadline of the create', async () => {
  const worlds: FleetWorld[] = [];
  const destroyedAt: number[] = [];
  await withFleet(
    env,
    async (world) => {
      worlds.push(world);
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: { agents: [external] } });
      await eventually(
        async () => world.held(),
        (held) => held.length === 1,
      );
      await env.sleep(CREATE_MS);
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({
        state: 'rolled_back',
        compensation: { entries: [{ name: 'A', outcome: 'undone', resourceId: null }] },
      });
      expect(destroyedAt).toHaveLength(2);
      const [first = NaN, second = NaN] = destroyedAt;
      expect(second - first).toBeGreaterThanOrEqual(CREATE_MS - 1_000);
      expect(world.held()).toEqual([]);
    },
    {
      before: async ({ call }) => {
        if (call === 'createResource') throw providerFailure('no answer within 25 s');
        if (call === 'destroyResource') destroyedAt.push(await env.now());
      },
      after: ({ call, key, fleet, agent }, count) => {
        if (call !== 'destroyResource' || count > 1) return;
        const state = { state: 'stopped', exitCode: null, pid: null, detail: null, instanceId: null } as const;
        worlds[0]?.provider.resources.set(key, { resourceId: 'late', key, fleet, agent, ...state });
      },
    },
  );
});

test('a change that runs out of time takes back what it has made, and says who was late', async () => {
  await withFleet(
    env,
    async (world) => {
      const spec = fleetOf(['A', 'B'], { provisioning: { timeout: '1m' } });
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec });
      await world.changeUntil(({ steps }) => steps.ready === 1);
      await env.sleep(60_000);
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({
        state: 'rolled_back',
        error: 'timed out after 1m; not finished: B',
      });
      expect(world.held()).toEqual([]);
      const { status } = await env.client.workflow.getHandle(agentWorkflowId(world.fleet, 'A')).describe();
      expect(status.name).toBe('COMPLETED');
    },
    { silent: ['B'] },
  );
});

test('duplicate names are refused before anything is created, with the exact message, and leave no fleet', async () => {
  await withFleet(env, async (world) => {
    await expect(world.fleets.apply(world.fleet, { spec: fleetOf(['worker', 'worker']) })).rejects.toMatchObject({
      code: 'InvalidFleet',
      message: expect.stringContaining(
        'Duplicate agent names not allowed: [worker]. Each agent must have a unique name.',
      ) as string,
    });
    expect(world.provider.calls).toEqual([]);
    // Its workflow, which the refused update has started, waits a while for a first change and ends.
    await world.handle.result();
  });
});
