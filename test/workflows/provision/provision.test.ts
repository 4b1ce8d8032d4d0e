import { ApplicationFailure } from '@temporalio/common';
import { agentWorkflowId } from '../../../src/contract/names';
import { devServer } from '../../support/env';
import { type ProviderCall, providerFailure, type ProviderHook } from '../../support/memory-provider';
import { eventually } from '../agent/harness';
import { fleetOf, type FleetWorld, memory, withFleet } from '../fleet/harness';

const env = devServer();

/** Fails a call of an agent, for good or (with `times`) only at first. */
function failing(
  call: ProviderCall,
  agent: string,
  message: string,
  { permanent = true, times = Infinity } = {},
): ProviderHook {
  return (made, count) => {
    if (made.call === call && made.agent === agent && count <= times) throw providerFailure(message, permanent);
  };
}

/** Holds a call of an agent until the test lets it go. */
function gate(call: ProviderCall, agent: string): { hook: ProviderHook; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { hook: (made) => (made.call === call && made.agent === agent ? opened : undefined), open: () => open() };
}

/** Nothing is left: no resource, no agent's workflow. */
async function expectNothingLeft(world: FleetWorld, names: readonly string[]): Promise<void> {
  expect(world.held()).toEqual([]);
  for (const name of names) {
    const handle = env.client.workflow.getHandle(agentWorkflowId(world.fleet, name));
    const status = await handle.describe().then(
      (description) => description.status.name,
      () => 'NEVER',
    );
    expect(`${name} ${status}`).toMatch(/ (NEVER|COMPLETED)$/);
  }
}

test.each<[string, ProviderCall, { agentsPerPart?: number }]>([
  ['create', 'createResource', {}],
  ['wake', 'wakeResource', {}],
  ['create in a part', 'createResource', { agentsPerPart: 1 }],
])('a refused %s ends the change with its code', (_what, call, settings) =>
  withFleet(
    env,
    async (world) => {
      await world.start(settings);
      expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({
        code: 'Forbidden',
        error: expect.stringContaining('A: it is not signed') as string,
      });
      expect(world.provider.count(call, 'A')).toBe(1);
      expect(await world.apply(fleetOf(['B']))).not.toHaveProperty('code');
    },
    {
      before: (made) => {
        if (made.call !== call || made.agent !== 'A') return;
        throw ApplicationFailure.create({ type: 'Forbidden', message: 'it is not signed', nonRetryable: true });
      },
    },
  ),
);

describe('the orphan window', () => {
  test('wake fails with 503 after create: the agent is in the id map, and is torn down', async () => {
    await withFleet(
      env,
      async (world) => {
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A']) });
        const mapped = await world.changeUntil(({ ids }) => ids['A'] !== undefined);
        expect(mapped.ids['A']).toMatch(/^memory-/);
        const ended = await world.ended(changeId ?? '', revision);
        expect(ended).toMatchObject({
          state: 'rolled_back',
          error: 'A: 503 from the provider',
          ids: {},
          compensation: {
            state: 'compensated',
            attempt: 1,
            entries: [{ name: 'A', outcome: 'undone', resourceId: mapped.ids['A'] }],
          },
        });
        await expectNothingLeft(world, ['A']);
        expect((await world.view()).agents).toEqual({});
      },
      { before: failing('wakeResource', 'A', '503 from the provider', { permanent: false }) },
    );
  });

  test('A ok, B 500, C ok at concurrency 1: A is mapped and torn down, B is not in it, C is never created', async () => {
    await withFleet(
      env,
      async (world) => {
        const ended = await world.apply(fleetOf(['A', 'B', 'C'], { provisioning: { maxConcurrent: 1 } }));
        expect(ended).toMatchObject({
          state: 'rolled_back',
          error: 'B: 500 from the provider',
          steps: { created: 1, ready: 0 },
        });
        expect(ended.compensation?.entries).toMatchObject([
          { name: 'A', outcome: 'undone', resourceId: expect.any(String) as string },
          { name: 'B', outcome: 'nothing_to_undo', resourceId: null },
        ]);
        expect(ended.agents.map(({ agent, step }) => `${agent} ${step}`)).toEqual([
          'A undone',
          'B undone',
          'C waiting',
        ]);
        expect(world.provider.count('createResource', 'C')).toBe(0);
        const destroyed = world.provider.calls
          .filter(({ call }) => call === 'destroyResource')
          .map(({ agent }) => agent);
        expect([...new Set(destroyed)]).toEqual(['B', 'A']);
        await expectNothingLeft(world, ['A', 'B', 'C']);
      },
      { before: failing('createResource', 'B', '500 from the provider', { permanent: false }) },
    );
  });

  test('the same at concurrency 3: A and C are mapped and torn down', async () => {
    await withFleet(
      env,
      async (world) => {
        const ended = await world.apply(fleetOf(['A', 'B', 'C'], { provisioning: { maxConcurrent: 3 } }));
        expect(ended).toMatchObject({ state: 'rolled_back', error: 'B: 500 from the provider', steps: { created: 2 } });
        const known = ended.compensation?.entries
          .filter(({ resourceId }) => resourceId !== null)
          .map(({ name }) => name);
        expect(known?.sort()).toEqual(['A', 'C']);
        await expectNothingLeft(world, ['A', 'B', 'C']);
      },
      { before: failing('createResource', 'B', '500 from the provider', { permanent: false }) },
    );
  });

  test('an answer that is lost: the repeat finds what is there', async () => {
    await withFleet(
      env,
      async (world) => {
        expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({ state: 'done' });
        expect(world.provider.count('createResource', 'A')).toBe(2);
        expect(world.held()).toEqual(['A', 'B']);
      },
      { after: failing('createResource', 'A', 'the answer was lost', { permanent: false, times: 1 }) },
    );
  });

  test('every answer is lost: a resource of unknown id is torn down by its key', async () => {
    await withFleet(
      env,
      async (world) => {
        const ended = await world.apply(fleetOf(['A', 'B'], { provisioning: { maxConcurrent: 1 } }));
        expect(ended).toMatchObject({
          state: 'rolled_back',
          compensation: { entries: [{ resourceId: null, outcome: 'undone' }] },
        });
        await expectNothingLeft(world, ['A', 'B']);
      },
      { after: failing('createResource', 'A', 'the answer was lost', { permanent: false }) },
    );
  });

  test('waking an agent that runs already is success', async () => {
    await withFleet(
      env,
      async (world) => {
        expect(await world.apply(fleetOf(['A']))).toMatchObject({ state: 'done' });
        expect(world.provider.count('wakeResource', 'A')).toBe(2);
      },
      { after: failing('wakeResource', 'A', 'the answer was lost', { permanent: false, times: 1 }) },
    );
  });
});

describe('what stops a change', () => {
  test('an agent that never beats is named, with what is known of it', async () => {
    await withFleet(
      env,
      async (world) => {
        const spec = { agents: [memory('A'), memory('B', { liveness: { readyTimeout: '2s' } })] };
        expect(await world.apply(spec)).toMatchObject({
          state: 'rolled_back',
          error: 'B: the agent sent no beat within 2s',
          steps: { created: 2, woken: 2, ready: 0 },
        });
        await expectNothingLeft(world, ['A', 'B']);
      },
      { silent: ['B'] },
    );
  });

  test('one that exits at once is reported with its exit code and its last words, and two of them both', async () => {
    const worlds: FleetWorld[] = [];
    await withFleet(
      env,
      async (world) => {
        worlds.push(world);
        const ended = await world.apply(fleetOf(['A', 'B', 'C']));
        expect(ended.state).toBe('rolled_back');
        expect(ended.error?.split('; ').sort()).toEqual([
          expect.stringContaining('A: exited with code 3: no such letter') as string,
          expect.stringContaining('C: exited with code 3: no such letter') as string,
        ]);
        await expectNothingLeft(world, ['A', 'B', 'C']);
      },
      {
        silent: ['A', 'C'],
        after: ({ call, agent }) => {
          if (call !== 'wakeResource' || agent === 'B') return;
          worlds[0]?.provider.crash(agent, 3, 'exited with code 3: no such letter');
        },
      },
    );
  });

  test('keep leaves everything in place, says what is there, and the next apply puts it right', async () => {
    let broken = true;
    await withFleet(
      env,
      async (world) => {
        const spec = fleetOf(['A', 'B'], { provisioning: { onFailure: 'keep' } });
        const kept = await world.apply(spec);
        expect(kept).toMatchObject({ state: 'kept', error: 'B: no letters', ids: { A: expect.any(String) as string } });
        expect(kept.compensation).toMatchObject({ state: 'pending', entries: [{ name: 'A' }, { name: 'B' }] });
        expect(await world.agent('A')).toMatchObject({ liveness: 'ready' });
        expect(world.held()).toEqual(['A', 'B']);
        broken = false;
        const { changes } = await world.fleets.plan(world.fleet, spec);
        expect(changes).toEqual([{ kind: 'replace', agent: 'B', fields: [] }]);
        expect(await world.apply(spec)).toMatchObject({ state: 'done', steps: { total: 1 } });
        expect(world.held()).toEqual(['A', 'B']);
        expect(world.provider.count('createResource', 'A')).toBe(1);
      },
      {
        before: ({ call, agent }) => {
          if (broken && call === 'wakeResource' && agent === 'B') throw providerFailure('no letters', true);
        },
      },
    );
  });

  test('a kept change is taken back when an operator says so', async () => {
    await withFleet(
      env,
      async (world) => {
        await world.apply(fleetOf(['A', 'B'], { provisioning: { onFailure: 'keep' } }));
        await world.handle.executeUpdate('compensate', { args: [{ attempt: 1, revision: 1 }] });
        const ended = await eventually(
          () => world.view(),
          ({ change }) => change?.state !== 'running',
        );
        expect(ended).toMatchObject({ change: { state: 'rolled_back' }, agents: {} });
        await expectNothingLeft(world, ['A', 'B']);
      },
      { before: failing('wakeResource', 'B', 'no letters') },
    );
  });

  test.each(['update', 'workflow'] as const)(
    'a change that is cancelled (%s) takes back what it has made',
    async (how) => {
      await withFleet(
        env,
        async (world) => {
          const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A', 'B']) });
          await world.changeUntil(({ steps }) => steps.ready === 1 && steps.created === 2);
          if (how === 'update') await world.saga().executeUpdate('cancel', { args: [{}] });
          else await world.saga().cancel();
          expect(await world.ended(changeId ?? '', revision)).toMatchObject({
            state: 'rolled_back',
            error: 'cancelled',
          });
          await expectNothingLeft(world, ['A', 'B']);
        },
        { silent: ['B'] },
      );
    },
  );

  test('cancelled while a create is on its way: it is waited for, recorded, and undone by its id', async () => {
    const slow = gate('createResource', 'A');
    await withFleet(
      env,
      async (world) => {
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A']) });
        await eventually(
          async () => world.provider.count('createResource'),
          (count) => count === 1,
        );
        await world.saga().cancel();
        slow.open();
        expect(await world.ended(changeId ?? '', revision)).toMatchObject({
          state: 'rolled_back',
          compensation: { entries: [{ outcome: 'undone', resourceId: 'memory-1' }] },
        });
        await expectNothingLeft(world, ['A']);
      },
      { before: slow.hook },
    );
  });

  test('what was there before a failed change stays, untouched', async () => {
    await withFleet(
      env,
      async (world) => {
        await world.apply(fleetOf(['A', 'B']));
        const pids = world.held().map((name) => world.provider.of(name)?.pid);
        const failed = await world.apply({ agents: [memory('A', { process: { command: ['x'] } }), memory('C')] });
        expect(failed).toMatchObject({ state: 'rolled_back', error: 'C: no' });
        expect(world.held()).toEqual(['A', 'B']);
        expect(world.held().map((name) => world.provider.of(name)?.pid)).toEqual(pids);
        expect((await world.view()).spec).toEqual(fleetOf(['A', 'B']));
        expect((await world.fleets.plan(world.fleet, fleetOf(['A', 'B']))).changes).toEqual([]);
      },
      { before: failing('createResource', 'C', 'no') },
    );
  });
});

describe('compensation', () => {
  // A workflow that is terminated in the middle of a task has that task failed by the server.
  beforeEach(() => env.allowFailedTasks());

  test('failed, a stale attempt refused, then a higher attempt', async () => {
    let broken = true;
    await withFleet(
      env,
      async (world) => {
        const failed = await world.apply(fleetOf(['A', 'B'], { provisioning: { maxConcurrent: 1 } }));
        expect(failed).toMatchObject({ state: 'failed', compensation: { state: 'failed', attempt: 1 } });
        expect(failed.compensation?.entries).toMatchObject([
          { name: 'A', outcome: 'failed', error: 'the engine is gone' },
          { name: 'B', outcome: 'nothing_to_undo' },
        ]);
        expect((await world.view()).agents).toMatchObject({ A: { resourceId: 'memory-1' } });
        const again = (attempt: number, revision: number) =>
          world.handle.executeUpdate('compensate', { args: [{ attempt, revision }] });
        await expect(again(1, 1)).rejects.toMatchObject({ cause: { type: 'StaleAttempt' } });
        await expect(again(2, 0)).rejects.toMatchObject({ cause: { type: 'StaleRevision' } });
        broken = false;
        await again(2, 1);
        const { change, agents } = await eventually(
          () => world.view(),
          (view) => view.change?.state !== 'running',
        );
        expect(change).toMatchObject({ state: 'rolled_back', compensation: { state: 'compensated', attempt: 2 } });
        expect(change?.compensation?.audit.map(({ from, to, attempt }) => `${from} ${to} ${String(attempt)}`)).toEqual([
          'pending compensating 1',
          'compensating failed 1',
          'failed compensating 2',
          'compensating compensated 2',
        ]);
        expect(agents).toEqual({});
        await expect(again(3, 1)).rejects.toMatchObject({ cause: { type: 'DuplicateCompensation' } });
        await expectNothingLeft(world, ['A', 'B']);
      },
      {
        before: ({ call, agent }) => {
          if (call === 'createResource' && agent === 'B') throw providerFailure('no', true);
          if (call === 'destroyResource' && agent === 'A' && broken) throw providerFailure('the engine is gone', true);
        },
      },
    );
  });

  test('the saga is terminated: the fleet undoes everything by the keys it has kept', async () => {
    await withFleet(
      env,
      async (world) => {
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A', 'B', 'C']) });
        await world.changeUntil(({ steps }) => steps.created === 3 && steps.ready === 2);
        await world.saga().terminate('pulled');
        const ended = await world.ended(changeId ?? '', revision);
        expect(ended).toMatchObject({ state: 'rolled_back', compensation: { state: 'compensated', attempt: 1 } });
        expect(ended.error).toContain('ended without finishing');
        expect(ended.compensation?.entries.map(({ outcome }) => outcome)).toEqual(['undone', 'undone', 'undone']);
        await expectNothingLeft(world, ['A', 'B', 'C']);
        expect((await world.view()).agents).toEqual({});
      },
      { silent: ['C'] },
    );
  });

  test('the saga is terminated between the act of the provider and its answer: the key is enough, and a late create is refused', async () => {
    const slow = gate('createResource', 'A');
    await withFleet(
      env,
      async (world) => {
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A']) });
        await eventually(
          async () => world.provider.count('createResource'),
          (count) => count === 1,
        );
        await world.saga().terminate('pulled');
        expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'rolled_back' });
        slow.open();
        await expectNothingLeft(world, ['A']);
      },
      { before: slow.hook },
    );
  });

  test('the undo is terminated too: it is begun again, with the next attempt', async () => {
    const slow = gate('destroyResource', 'A');
    await withFleet(
      env,
      async (world) => {
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A']) });
        await world.changeUntil(({ steps }) => steps.created === 1);
        const first = await world.saga().describe();
        await world.saga().terminate('pulled');
        await eventually(
          () => world.saga().describe(),
          ({ runId }) => runId !== first.runId,
        );
        await world.saga().terminate('pulled again');
        slow.open();
        expect(await world.ended(changeId ?? '', revision)).toMatchObject({
          state: 'rolled_back',
          compensation: { state: 'compensated', attempt: 2 },
        });
        await expectNothingLeft(world, ['A']);
      },
      { silent: ['A'], before: slow.hook },
    );
  });

  test('the saga of a changed file is terminated while it replaces and removes: nothing is twice, and the next apply ends it', async () => {
    const slow = gate('createResource', 'B');
    await withFleet(
      env,
      async (world) => {
        await world.apply(fleetOf(['A', 'C']));
        const next = {
          agents: [memory('A', { process: { command: ['x'] } }), memory('B'), memory('D', { turns: { queue: 5 } })],
        };
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: next });
        await eventually(
          async () => world.provider.count('createResource', 'B'),
          (count) => count === 1,
        );
        await world.saga(2).terminate('pulled');
        slow.open();
        expect((await world.ended(changeId ?? '', revision)).state).toBe('rolled_back');
        expect(world.held()).toEqual(['A', 'C']);
        expect(await world.apply(next)).toMatchObject({ state: 'done' });
        expect(world.held()).toEqual(['A', 'B', 'D']);
      },
      { before: slow.hook },
    );
  });
});
