import { DroverError } from '../../../src/contract/errors';
import { agentWorkflowId } from '../../../src/contract/names';
import { devServer } from '../../support/env';
import { eventually } from '../agent/harness';
import { fleetOf, memory, withFleet } from './harness';
import { turnRequest } from '../../support/turn-request';

const env = devServer();

async function refusal(call: Promise<unknown>): Promise<DroverError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof DroverError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** Something that waits until the test lets it go. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

test('apply, an unchanged file, a changed one, destroy', async () => {
  env.record('fleet-changes');
  await withFleet(env, async (world) => {
    const first = await world.apply(fleetOf(['A', 'B', 'C']));
    expect(first).toMatchObject({
      state: 'done',
      steps: { created: 3, woken: 3, ready: 3, total: 3 },
      compensation: null,
      error: null,
    });
    expect(Object.keys(first.ids).sort()).toEqual(['A', 'B', 'C']);
    const view = await world.view();
    expect(view).toMatchObject({ fleet: world.fleet, revision: 1, holds: [], change: { state: 'done' } });
    expect(view.agents['A']).toEqual({ resourceId: first.ids['A'], revision: 1 });
    expect(await world.agent('A')).toMatchObject({ status: 'running', liveness: 'ready', revision: 1 });

    const same = await world.fleets.apply(world.fleet, { spec: fleetOf(['C', 'B', 'A']) });
    expect(same).toEqual({ revision: 1, changes: [], settings: [], changeId: null });

    const pids = new Map([...world.provider.resources.values()].map(({ agent, pid }) => [agent, pid]));
    const spec = { agents: [memory('A'), memory('B', { turns: { maxParallel: 7 } }), memory('D')] };
    const second = await world.apply(spec);
    expect(second).toMatchObject({ state: 'done', revision: 2 });
    expect(second.agents.map(({ agent, kind, step }) => [agent, kind, step])).toEqual([
      ['B', 'update', 'updated'],
      ['D', 'create', 'ready'],
      ['C', 'delete', 'deleted'],
    ]);
    expect(world.held()).toEqual(['A', 'B', 'D']);
    for (const name of ['A', 'B']) expect(world.provider.of(name)?.pid).toBe(pids.get(name));
    expect(world.provider.count('createResource')).toBe(4);
    expect(await world.agent('B')).toMatchObject({ revision: 2 });
    expect((await world.agent('A')).revision).toBe(1);

    expect(await world.destroy()).toMatchObject({ state: 'done' });
    expect(world.held()).toEqual([]);
    await world.handle.result();
    expect((await refusal(world.fleets.describe(world.fleet))).code).toBe('FleetNotFound');
  });
});

test('a fleet destroyed and applied again never uses a key twice', async () => {
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['A']));
    const [key] = world.provider.resources.keys();
    await world.destroy();
    await world.handle.result();
    expect(await world.apply(fleetOf(['A']))).toMatchObject({ state: 'done', revision: 1 });
    const [again] = world.provider.resources.keys();
    expect(again).not.toBe(key);
    expect(world.provider.tombstones.has(key ?? '')).toBe(true);
    expect(key).toMatch(/^inst\d+\.[0-9a-f]{20}\.1\.A$/);
  });
});

test('another environment replaces the agent: the old one is retired first, the others are left alone', async () => {
  await withFleet(env, async (world) => {
    const withLetters = (LETTERS: string) => ({
      agents: [memory('A', { process: { command: ['a'], env: { LETTERS } } }), memory('B')],
    });
    await world.apply(withLetters('M'));
    const old = world.provider.of('A');
    const { changes } = await world.fleets.plan(world.fleet, withLetters('X'));
    expect(changes).toEqual([{ kind: 'replace', agent: 'A', fields: ['process.env.LETTERS'] }]);

    expect(await world.apply(withLetters('X'))).toMatchObject({
      state: 'done',
      steps: { created: 1, ready: 1, total: 1 },
    });
    const calls = world.provider.calls.map(({ call, key }) => `${call} ${key}`);
    expect(world.provider.resources.has(old?.key ?? '')).toBe(false);
    expect(calls.indexOf(`destroyResource ${old?.key ?? ''}`)).toBeLessThan(
      calls.indexOf(`createResource ${world.provider.of('A')?.key ?? ''}`),
    );
    expect(await world.agent('A')).toMatchObject({ revision: 2, liveness: 'ready' });
    expect(world.provider.count('wakeResource', 'B')).toBe(1);
    expect((await world.agent('B')).revision).toBe(1);
  });
});

test('replacing an agent drains it first: a turn in flight is finished', async () => {
  let finish = (): void => undefined;
  const turn = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await withFleet(
    env,
    async (world) => {
      await world.apply(fleetOf(['A']));
      const agent = env.client.workflow.getHandle(agentWorkflowId(world.fleet, 'A'));
      await agent.signal('turnRequested', { turnId: 't', replyTo: 'nobody', request: turnRequest('t') });
      await eventually(
        () => world.agent('A'),
        ({ turns }) => turns.inFlight === 1,
      );
      const { changeId, revision } = await world.fleets.apply(world.fleet, {
        spec: { agents: [memory('A', { process: { command: ['x'] } })] },
      });
      await eventually(
        () => world.agent('A'),
        ({ holds }) => holds.some(({ name }) => name === 'retire'),
      );
      expect(world.provider.count('stopResource')).toBe(0);
      finish();
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'done' });
      expect(await world.agent('A')).toMatchObject({ revision: 2, status: 'running', holds: [] });
      expect(world.held()).toEqual(['A']);
    },
    {
      takeTurn: async () => {
        await turn;
        return { reply: { action: 'final', response: 'x' } };
      },
    },
  );
});

test('an agent that says it is gone is made again by the next apply', async () => {
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['A', 'B']));
    const { incarnation } = await world.view();
    const key = world.provider.of('A')?.key;
    await env.client.workflow.getHandle(agentWorkflowId(world.fleet, 'A')).executeUpdate('terminate', { args: [{}] });
    await eventually(
      () => world.view(),
      ({ agents }) => agents['A'] === undefined,
    );
    // Late, or about another one: nothing happens.
    await world.handle.signal('agentGone', { agent: 'A', incarnation, key });
    await world.handle.signal('agentGone', { agent: 'B', incarnation: 'another', key });
    expect((await world.fleets.plan(world.fleet, fleetOf(['A', 'B']))).changes).toEqual([
      { kind: 'create', agent: 'A', fields: [] },
    ]);
    expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({ state: 'done', steps: { created: 1 } });
    expect(world.held()).toEqual(['A', 'B']);
  });
});

test('one change at a time, revisions that are expected, requests that are repeated', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await withFleet(
    env,
    async (world) => {
      const spec = fleetOf(['A']);
      const first = await world.fleets.apply(world.fleet, { spec, requestId: 'r-1' });
      expect(await refusal(world.fleets.apply(world.fleet, { spec: fleetOf(['B']) }))).toMatchObject({
        code: 'ChangeInProgress',
        details: { changeId: first.changeId, revision: 1 },
      });
      expect((await refusal(world.fleets.destroy(world.fleet))).code).toBe('ChangeInProgress');
      expect(await world.handle.executeUpdate('apply', { args: [{ spec, requestId: 'r-1' }] })).toEqual(first);
      release();
      await world.ended(first.changeId ?? '', 1);
      expect((await refusal(world.fleets.apply(world.fleet, { spec: fleetOf(['B']), expectRevision: 0 }))).code).toBe(
        'StaleRevision',
      );
      expect(await world.handle.executeUpdate('apply', { args: [{ spec, requestId: 'r-1' }] })).toEqual(first);
      expect(await world.apply(fleetOf(['A', 'B']), { expectRevision: 1 })).toMatchObject({
        state: 'done',
        revision: 2,
      });
    },
    { before: async ({ call }) => (call === 'createResource' ? gate : undefined) },
  );
});

test('a dry run fills the map, calls no provider, and leaves nothing behind', async () => {
  await withFleet(env, async (world) => {
    expect(await world.fleets.apply(world.fleet, { spec: fleetOf(['A', 'B']), dryRun: true })).toEqual({
      revision: 0,
      changes: [
        { kind: 'create', agent: 'A', fields: [] },
        { kind: 'create', agent: 'B', fields: [] },
      ],
      settings: [],
      changeId: null,
      ids: { A: 'dry-run-A', B: 'dry-run-B' },
    });
    expect(world.provider.calls).toEqual([]);
    const none = await world.handle.describe().then(
      () => 'there',
      () => 'none',
    );
    expect(none).toBe('none');

    const { ids } = await world.apply(fleetOf(['A']));
    const revision = (await world.view()).revision;
    const calls = world.provider.calls.length;
    expect(await world.fleets.apply(world.fleet, { spec: fleetOf(['A', 'B']), dryRun: true })).toMatchObject({
      revision: 1,
      changes: [{ kind: 'create', agent: 'B' }],
      ids: { A: ids['A'], B: 'dry-run-B' },
    });
    expect(await world.view()).toMatchObject({ revision, change: { revision: 1 } });
    expect(world.provider.calls).toHaveLength(calls);
  });
});

test('a service that sends the dry run itself, to no fleet, leaves none behind either', async () => {
  await withFleet(env, async (world) => {
    const start = { workflowType: 'fleet', taskQueue: world.taskQueue, args: [{ v: 1, fleet: world.fleet }] };
    const { WithStartWorkflowOperation } = await import('@temporalio/client');
    const answer = await env.client.workflow.executeUpdateWithStart('apply', {
      args: [{ spec: fleetOf(['A']), dryRun: true }],
      startWorkflowOperation: new WithStartWorkflowOperation(start.workflowType, {
        workflowId: world.handle.workflowId,
        taskQueue: start.taskQueue,
        args: start.args,
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    });
    expect(answer).toMatchObject({ changeId: null, ids: { A: 'dry-run-A' } });
    await world.handle.result();
    expect(world.provider.calls).toEqual([]);
  });
});

test("a fleet-wide pause holds every agent, also agents that are added later, and its release leaves an operator's pause alone", async () => {
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['A', 'B']));
    await env.client.workflow.getHandle(agentWorkflowId(world.fleet, 'B')).executeUpdate('pause', { args: [{}] });
    const held = await world.fleets.pause(world.fleet, { reason: 'deploy' });
    expect(held.holds).toMatchObject([{ name: 'fleet', reason: 'deploy' }]);
    await eventually(
      () => world.agent('A'),
      ({ runtime }) => runtime === 'paused',
    );
    expect((await world.agent('B')).holds.map(({ name }) => name).sort()).toEqual(['fleet', 'operator']);

    expect(await world.apply(fleetOf(['A', 'B', 'C']))).toMatchObject({ state: 'done' });
    expect(await world.agent('C')).toMatchObject({ status: 'paused', runtime: 'paused', holds: [{ name: 'fleet' }] });

    expect((await world.fleets.resume(world.fleet)).holds).toEqual([]);
    for (const name of ['A', 'C'])
      await eventually(
        () => world.agent(name),
        ({ status }) => status === 'running',
      );
    expect(await world.agent('B')).toMatchObject({ status: 'paused', holds: [{ name: 'operator' }] });
  });
});

test('a pause or a resume of the fleet that changes nothing for itself reaches an agent that was released, or held, by hand', async () => {
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['A']));
    const agent = env.client.workflow.getHandle(agentWorkflowId(world.fleet, 'A'));
    const becomes = (names: readonly string[], runtime: string) =>
      eventually(
        () => world.agent('A'),
        (view) => view.runtime === runtime && view.holds.map(({ name }) => name).join() === names.join(),
      );
    await world.fleets.pause(world.fleet, { reason: 'deploy' });
    await becomes(['fleet'], 'paused');
    await agent.executeUpdate('resume', { args: [{ hold: 'fleet' }] });
    await becomes([], 'running');
    const { holds } = await world.fleets.pause(world.fleet, { reason: 'again' });
    expect(holds).toMatchObject([{ name: 'fleet', reason: 'deploy' }]);
    await becomes(['fleet'], 'paused');

    await world.fleets.resume(world.fleet);
    await becomes([], 'running');
    await agent.executeUpdate('hold', { args: [{ hold: 'fleet' }] });
    await becomes(['fleet'], 'paused');
    await world.fleets.resume(world.fleet);
    await becomes([], 'running');
  });
});

test('a hold that is released while agents are being made reaches those too', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await withFleet(
    env,
    async (world) => {
      await world.apply(fleetOf(['A']));
      await world.fleets.pause(world.fleet);
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A', 'late']) });
      await eventually(
        async () => world.provider.count('createResource', 'late'),
        (count) => count > 0,
      );
      await world.fleets.resume(world.fleet);
      release();
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'done' });
      await eventually(
        () => world.agent('late'),
        ({ status, runtime }) => status === 'running' && runtime === 'running',
      );
    },
    { before: async ({ call, agent }) => (call === 'createResource' && agent === 'late' ? gate : undefined) },
  );
});

test.each(['one workflow', 'parts'] as const)(
  'a pause in the middle of a change: agents that are made later are born with the hold (%s)',
  async (how) => {
    const [late, slow] = [gate(), gate()];
    await withFleet(
      env,
      async (world) => {
        if (how === 'parts') await world.start({ agentsPerPart: 2 });
        const spec = fleetOf(['late', 'slow', 'more']);
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec });
        await eventually(
          async () => world.provider.count('createResource', 'late'),
          (count) => count > 0,
        );
        await world.fleets.pause(world.fleet, { reason: 'deploy' });
        late.open();
        await eventually(
          async () => world.provider.of('late')?.state ?? 'absent',
          (state) => state === 'paused',
        );
        expect(await world.agent('late')).toMatchObject({
          status: 'paused',
          holds: [{ name: 'fleet', reason: 'deploy' }],
        });
        // At its end a change tells everybody once more: it has not ended yet.
        expect((await world.view()).change).toMatchObject({ state: 'running' });
        slow.open();
        expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'done' });
        expect((await world.fleets.resume(world.fleet)).holds).toEqual([]);
      },
      {
        before: async ({ call, agent }) => {
          if (call !== 'createResource') return;
          if (agent === 'late') await late.opened;
          if (agent === 'slow') await slow.opened;
        },
      },
    );
  },
);

test("agents of a fleet whose workflow was terminated do not stand in the next one's way", async () => {
  // A workflow that is terminated in the middle of a task has that task failed by the server.
  env.allowFailedTasks();
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['A', 'B']));
    const old = world.provider.of('A')?.key ?? '';
    await world.handle.terminate('by mistake');
    expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({ state: 'done', revision: 1 });
    expect(world.held()).toEqual(['A', 'B']);
    expect(world.provider.tombstones.has(old)).toBe(true);
    const { incarnation } = await world.view();
    expect(await world.agent('A')).toMatchObject({ incarnation, status: 'running', liveness: 'ready' });
  });
});

test('an agent that a service has started itself is left alone by a fleet of its name', async () => {
  await withFleet(env, async (world) => {
    const { fleet, taskQueue } = world;
    await env.client.workflow.start('agent', {
      workflowId: agentWorkflowId(fleet, 'A'),
      taskQueue,
      args: [{ v: 1, fleet, agent: 'A' }],
    });
    expect(await world.apply(fleetOf(['A']))).toMatchObject({
      state: 'rolled_back',
      error: expect.stringContaining('belongs to incarnation direct of its fleet') as string,
    });
    expect(await world.agent('A')).toMatchObject({ incarnation: 'direct' });
    expect(world.held()).toEqual([]);
  });
});

test('forced continue-as-new: nothing is lost, requests are remembered', async () => {
  await withFleet(env, async (world) => {
    await world.start({ continueAfterEvents: 30 });
    const first = await world.fleets.apply(world.fleet, { spec: fleetOf(['A']), requestId: 'first' });
    await world.ended(first.changeId ?? '', first.revision);
    const { incarnation } = await world.view();
    const { runId } = await world.handle.describe();
    for (let round = 0; round < 8; round += 1) {
      await Promise.all([
        world.fleets.pause(world.fleet),
        world.handle.signal('nonsense', { a: 1 }),
        world.fleets.apply(world.fleet, { spec: fleetOf(['A']) }),
      ]);
      await world.fleets.resume(world.fleet);
    }
    expect((await world.handle.describe()).runId).not.toBe(runId);
    expect(await world.fleets.apply(world.fleet, { spec: fleetOf(['A']), requestId: 'first' })).toEqual(first);
    expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({ state: 'done', revision: 2 });
    expect(await world.view()).toMatchObject({ incarnation, holds: [] });
  });
});

test('messages of any shape change nothing, fail no task, and the next command works', async () => {
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['A']));
    const { handle } = world;
    const saga = world.saga();
    await handle.signal('nobodyKnowsThis', 1, 2, 3);
    await handle.signal('apply', { spec: {} });
    for (const update of ['apply', 'destroy', 'compensate', 'pause', 'resume']) {
      for (const wrong of [null, 7, 'x', [], { unknown: 1 }, { spec: { agents: 'A' } }]) {
        if (wrong === null && update !== 'apply' && update !== 'compensate') continue;
        await expect(handle.executeUpdate(update, { args: [wrong] })).rejects.toThrow();
      }
    }
    await expect(saga.signal('agentReported', { agent: 1 })).rejects.toThrow();
    expect(await world.view()).toMatchObject({ revision: 1, change: { state: 'done' } });
    expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({ state: 'done' });
  });
});
