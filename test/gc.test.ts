import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DroverClient } from '../src/client';
import { collect, findGarbage } from '../src/gc';
import { ProcessProvider } from '../src/providers/process';
import type { HeldResource, Provider } from '../src/providers/provider';
import { eventually } from './providers/calls';
import { devServer } from './support/env';
import { holding } from './support/holding';
import { fleetOf, withFleet } from './workflows/fleet/harness';

const env = devServer();
const HOUR_MS = 3_600_000;

const held = (fleet: string, agent: string, resourceId: string, ageMs = HOUR_MS): HeldResource => ({
  fleet,
  agent,
  resourceId,
  key: `key-of-${resourceId}`,
  createdAt: new Date(Date.now() - ageMs).toISOString(),
});

it('finds and removes resources without an owner, and leaves the rest alone', async () => {
  await withFleet(env, async (world) => {
    const client = DroverClient.over(env.client, world.taskQueue);
    await world.apply(fleetOf(['a']));
    const owned = (await world.agent('a')).resourceId ?? '';
    const resources = [
      held(world.fleet, 'a', owned),
      held(world.fleet, 'a', 'an-older-one'),
      held(world.fleet, 'gone', 'left-over'),
      held('never-was', 'x', 'orphan'),
      held('never-was', 'x', 'just-made', 60_000),
    ];
    const providers = { memory: holding(resources) };
    const { items, unreachable } = await findGarbage(client, providers, Date.now());
    expect(items.map(({ resourceId }) => resourceId)).toEqual(['an-older-one', 'left-over', 'orphan']);
    expect(unreachable).toEqual([]);
    for (const item of items) await collect(client, item, providers);
    expect(resources.map(({ resourceId }) => resourceId)).toEqual([owned, 'just-made']);
  });
});

it('an agent of a terminated fleet has no owner: it is terminated, and its resource removed', async () => {
  // A workflow that is terminated in the middle of a task has that task failed by the server.
  env.allowFailedTasks();
  await withFleet(env, async (world) => {
    const client = DroverClient.over(env.client, world.taskQueue);
    await world.apply(fleetOf(['a']));
    const resources = [held(world.fleet, 'a', (await world.agent('a')).resourceId ?? '')];
    const providers = { memory: holding(resources) };
    expect((await findGarbage(client, providers, Date.now())).items).toEqual([]);
    await world.handle.terminate('by mistake');
    const { items } = await findGarbage(client, providers, Date.now());
    expect(items).toMatchObject([{ fleet: world.fleet, agent: 'a' }]);
    for (const item of items) await collect(client, item, providers);
    expect(await world.agent('a')).toMatchObject({ status: 'terminated' });
    expect(world.held()).toEqual([]);
    expect(resources).toEqual([]);
  });
});

it('finds and ends processes that carry this installation’s marks and that no fleet owns', async () => {
  const client = DroverClient.over(env.client);
  const installation = `gc${String(process.pid)}`;
  const stateDir = mkdtempSync(join(tmpdir(), 'drover-gc-'));
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };
  const provider = new ProcessProvider({ stateDir, installation, environment: {}, ...access });
  const key = `${installation}.gone.1.A`;
  const marks = { DROVER_KEY: key, DROVER_INSTANCE: 'i', DROVER_FLEET: 'never-was', DROVER_AGENT: 'A' };
  const left = spawn('sleep', ['1000'], { env: { PATH: process.env['PATH'], ...marks }, stdio: 'ignore' });
  const ended = once(left, 'exit');
  const item = { provider: 'process', key, fleet: 'never-was', agent: 'A', processes: [left.pid] };
  await eventually('it carries its marks', async () => (await provider.list()).length > 0 || undefined);
  expect((await findGarbage(client, { process: provider }, Date.now())).items).toEqual([]);
  const { items } = await findGarbage(client, { process: provider }, Date.now() + HOUR_MS);
  expect(items).toMatchObject([item]);
  for (const found of items) await collect(client, found, { process: provider });
  await ended;
  expect(await provider.list()).toEqual([]);
  rmSync(stateDir, { recursive: true, force: true });
});

it('touches nothing of a fleet that is being changed', async () => {
  await withFleet(
    env,
    async (world) => {
      const client = DroverClient.over(env.client, world.taskQueue);
      await client.fleets.apply(world.fleet, { spec: fleetOf(['silent']) });
      const providers = { memory: holding([held(world.fleet, 'silent', 'not-yet-in-the-map')]) };
      expect((await findGarbage(client, providers, Date.now())).items).toEqual([]);
    },
    { silent: ['silent'] },
  );
});

it('says which provider could not be asked', async () => {
  const client = DroverClient.over(env.client);
  const broken: Provider = { ...holding([]), list: () => Promise.reject(new Error('no engine')) };
  expect(await findGarbage(client, { memory: broken }, Date.now())).toEqual({
    items: [],
    unjudged: [],
    unreachable: [{ provider: 'memory', why: 'no engine' }],
  });
});

it('collects nothing while it cannot be known what is owned', async () => {
  const client = DroverClient.connect({ bare: true, address: env.address, namespace: 'nowhere' });
  const providers = { memory: holding([held('f', 'a', 'r')]) };
  await expect(findGarbage(client, providers, Date.now())).rejects.toMatchObject({ code: 'Unavailable' });
  await client.close();
});

it('an agent of a fleet whose worker has stopped keeps nothing from being found', async () => {
  let stopped = '';
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['a']));
    stopped = world.fleet;
  });
  const client = DroverClient.over(env.client);
  const { items: running } = await client.agents.running({ pageSize: 1_000 });
  expect(running.map(({ fleet }) => fleet)).toContain(stopped);
  const providers = { memory: holding([held('never-was', 'x', 'orphan')]) };
  const { items } = await findGarbage(client, providers, Date.now() + HOUR_MS);
  expect(items.map(({ resourceId }) => resourceId)).toEqual(['orphan']);
});
