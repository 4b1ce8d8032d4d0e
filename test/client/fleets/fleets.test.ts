import { PATIENCE_MS } from '../../support/patience';
import { isDeepStrictEqual } from 'node:util';
import { DroverClient } from '../../../src/client';
import type { ChangeView, FleetSpec } from '../../../src/contract/fleet';
import { devServer } from '../../support/env';
import { eventually } from '../../workflows/agent/harness';
import { fleetOf, memory, withFleet } from '../../workflows/fleet/harness';

const env = devServer();

it('plans without starting anything, applies, follows, shows, lists, and destroys', async () => {
  await withFleet(env, async (world) => {
    const { fleet, taskQueue } = world;
    const { fleets } = DroverClient.over(env.client, taskQueue);
    const spec = fleetOf(['a', 'b']);
    const planned = await fleets.plan(fleet, spec);
    expect(planned).toMatchObject({ revision: 0, changeId: null, ids: { a: 'dry-run-a', b: 'dry-run-b' } });
    expect(planned.changes.map(({ kind, agent }) => `${kind} ${agent}`)).toEqual(['create a', 'create b']);
    await expect(fleets.describe(fleet)).rejects.toMatchObject({ code: 'FleetNotFound' });

    const applied = await fleets.apply(fleet, { spec });
    const steps = new Set<string>();
    const onProgress = ({ agents }: ChangeView) => agents.forEach(({ agent, step }) => steps.add(`${agent} ${step}`));
    const change = await fleets.follow(
      fleet,
      { changeId: applied.changeId ?? '', revision: applied.revision },
      { onProgress },
    );
    expect(change).toMatchObject({ state: 'done', revision: 1, steps: { ready: 2, total: 2 } });
    expect([...steps]).toEqual(expect.arrayContaining(['a ready', 'b ready']));
    expect(await fleets.describe(fleet)).toMatchObject({ fleet, revision: 1, change: { state: 'done' } });
    expect(await fleets.apply(fleet, { spec })).toMatchObject({ changeId: null, changes: [] });
    await eventually(
      () => fleets.list(),
      ({ items }) => items.some((item) => item.fleet === fleet),
    );

    const gone = await fleets.destroy(fleet);
    await fleets.follow(fleet, { changeId: gone.changeId ?? '', revision: gone.revision });
    await eventually(
      () =>
        fleets.describe(fleet).then(
          () => '',
          (error: { code: string }) => error.code,
        ),
      (code) => code === 'FleetNotFound',
    );
    expect(world.held()).toEqual([]);
  });
});

it('plans without a worker too, and says that no one has looked', async () => {
  const fleets = DroverClient.over(env.client, 'no-worker-of-this-queue').fleets;
  const spec: FleetSpec = { agents: [{ name: 'a', provider: 'process', process: { command: ['a'] } }] };
  const planned = await fleets.plan('never-applied', spec);
  expect(planned.changes).toMatchObject([{ kind: 'create', agent: 'a' }]);
  expect(planned.unchecked).toEqual([
    'no worker answers at the task queue no-worker-of-this-queue, so the plan is not checked there; start drover worker',
  ]);
  expect(planned).not.toHaveProperty('unmet');
  expect(await fleets.plan('never-applied', spec, { check: false })).not.toHaveProperty('unchecked');
});

it('refuses a second change, waits its turn, or takes the first one back', async () => {
  await withFleet(
    env,
    async (world) => {
      const { fleets } = DroverClient.over(env.client, world.taskQueue);
      await fleets.apply(world.fleet, { spec: fleetOf(['silent']) });
      await expect(fleets.apply(world.fleet, { spec: fleetOf(['b']) })).rejects.toMatchObject({
        code: 'ChangeInProgress',
      });
      await expect(
        fleets.apply(world.fleet, { spec: fleetOf(['b']) }, { ifBusy: 'wait', timeoutMs: 500 }),
      ).rejects.toMatchObject({ code: 'ChangeInProgress' });

      const gone = await fleets.destroy(world.fleet, {}, { ifBusy: 'cancel', timeoutMs: PATIENCE_MS });
      const change = await fleets.follow(world.fleet, { changeId: gone.changeId ?? '', revision: gone.revision });
      expect(change.state).toBe('done');
      expect(world.held()).toEqual([]);
    },
    { silent: ['silent'] },
  );
});

it('says how a change failed, agent by agent', async () => {
  await withFleet(
    env,
    async (world) => {
      const { fleets } = DroverClient.over(env.client, world.taskQueue);
      const spec = { agents: [memory('a'), memory('b')] };
      const { changeId, revision } = await fleets.apply(world.fleet, { spec });
      const change = await fleets.follow(world.fleet, { changeId: changeId ?? '', revision });
      expect(change).toMatchObject({ state: 'rolled_back', error: expect.stringContaining('b') as string });
      expect(change.agents.find(({ agent }) => agent === 'b')?.error).toContain('out of machines');
      expect(world.held()).toEqual([]);
    },
    {
      before: ({ call, agent }) => {
        if (call === 'createResource' && agent === 'b') throw new Error('out of machines');
      },
    },
  );
});

it('ends the following, not the change, on request', async () => {
  await withFleet(
    env,
    async (world) => {
      const { fleets } = DroverClient.over(env.client, world.taskQueue);
      const { changeId, revision } = await fleets.apply(world.fleet, { spec: fleetOf(['silent']) });
      const ref = { changeId: changeId ?? '', revision };
      await expect(fleets.follow(world.fleet, ref, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'Timeout' });
      const interrupt = new AbortController();
      const following = fleets.follow(world.fleet, ref, {
        signal: interrupt.signal,
        onProgress: () => interrupt.abort(),
      });
      await expect(following).rejects.toMatchObject({ name: 'AbortError' });
      expect((await fleets.describe(world.fleet)).change?.state).toBe('running');
      await fleets.cancel(world.fleet, { revision });
      expect(await fleets.follow(world.fleet, ref)).toMatchObject({ state: 'rolled_back' });
    },
    { silent: ['silent'] },
  );
});

it('sums what the turns of a fleet took: of its agents, of a run, and of agents that have ended', async () => {
  const usage = { costUsd: 0.5, inputTokens: 10, outputTokens: 2, model: 'm' };
  const sum = (turns: number) => ({ turns, costUsd: turns / 2, inputTokens: 10 * turns, outputTokens: 2 * turns });
  let lost = 1;
  await withFleet(
    env,
    async (world) => {
      const { fleet } = world;
      const client = DroverClient.over(env.client, world.taskQueue);
      const topology = { flows: ['Start -> a', 'a -> b'] };
      await world.apply(fleetOf(['a', 'b'], { topology }));
      expect(await client.fleets.describe(fleet)).not.toHaveProperty('usage');
      await client.runs.start({ fleet, run: 'r', task: 'x' });
      const run = await eventually(
        () => client.runs.describe({ fleet, run: 'r' }),
        ({ result }) => result !== null,
      );
      expect(run).toMatchObject({ state: 'completed', usage: sum(2), result: { turns: 2, usage: sum(2) } });
      const agent = await eventually(
        () => client.agents.describe({ fleet, agent: 'a' }),
        ({ usage: known }) => known !== undefined,
      );
      expect(agent.usage).toEqual(sum(1));
      expect(agent.decisions?.map(({ why }) => why)).toContain(
        'reply.reasoning: unknown key; known are action, invocations, undo, usage, metadata, session',
      );
      const whole = () => client.fleets.describe(fleet);
      await eventually(whole, ({ usage: known }) => known?.turns === 2);
      const listed = async (): Promise<unknown> => {
        const agents = (await client.agents.list({ fleet })).items.map(({ name, usage: known }) => [name, known]);
        const runs = (await client.runs.list({ fleet })).items.map((item) => [item.run, item.usage]);
        const fleets = (await client.fleets.list({ fleets: [fleet] })).items.map((item) => item.usage);
        return { agents: Object.fromEntries(agents) as object, runs, fleets };
      };
      const all = { agents: { a: sum(1), b: sum(1) }, runs: [['r', sum(2)]], fleets: [sum(2)] };
      expect(await eventually(listed, (now) => isDeepStrictEqual(now, all))).toEqual(all);
      await world.apply(fleetOf(['b'], { topology: { flows: ['Start -> b'] } }));
      await eventually(
        () => world.view(),
        ({ usage: left }) => left?.turns === 1,
      );
      expect(await eventually(whole, ({ usage: known }) => known?.turns === 2)).toMatchObject({ usage: sum(2) });
      const left = { agents: { b: sum(1) }, runs: [['r', sum(2)]], fleets: [sum(2)] };
      expect(await eventually(listed, (now) => isDeepStrictEqual(now, left))).toEqual(left);
      expect((await client.usage())?.turns).toBeGreaterThanOrEqual(2);
    },
    {
      takeTurn: async ({ agent }) => {
        if (agent === 'b' && (lost -= 1) >= 0) throw new Error('the worker is lost');
        const reply =
          agent === 'a'
            ? { action: 'invoke', invocations: [{ agent: 'b', request: 1 }], reasoning: 'because' }
            : { action: 'final', response: 1 };
        return { reply: { ...reply, usage, metadata: { trace: 'id' } } };
      },
    },
  );
});
