/** Fleets and their changes that are terminated, cancelled or reset from outside (docs/operations.md). */
import { DroverClient } from '../../../src/client';
import type { ProvisionResult } from '../../../src/contract/fleet';
import type { RunView } from '../../../src/contract/run';
import { findGarbage } from '../../../src/gc';
import { devServer } from '../../support/env';
import { resetWorkflow } from '../../support/reset';
import { eventually } from '../agent/harness';
import { type FleetWorld, fleetOf, memory, withFleet } from './harness';

const env = devServer();
// A workflow that is ended or reset in the middle of a task has that task failed by the server.
beforeEach(() => env.allowFailedTasks());

const HOUR_MS = 3_600_000;
const over = ({ taskQueue }: FleetWorld) => DroverClient.over(env.client, taskQueue);
const wakes = ({ provider }: FleetWorld, agent: string) => provider.count('wakeResource', agent);

it('fleet cancelled: it goes on', () =>
  withFleet(env, async (world) => {
    await world.apply(fleetOf(['A']));
    await world.handle.cancel();
    expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({ state: 'done', revision: 2 });
    expect((await world.fleets.pause(world.fleet)).holds).toMatchObject([{ name: 'fleet' }]);
    expect((await world.handle.describe()).status.name).toBe('RUNNING');
  }));

it('fleet terminated: describe and every command say so, gc sees its agents, and apply takes their names over', () =>
  withFleet(env, async (world) => {
    const client = over(world);
    await world.apply(fleetOf(['A', 'B']));
    await world.handle.terminate('by mistake');
    for (const call of [
      client.fleets.describe(world.fleet),
      client.fleets.destroy(world.fleet),
      client.fleets.pause(world.fleet),
    ]) {
      await expect(call).rejects.toMatchObject({
        code: 'FleetNotFound',
        message: expect.stringMatching(/was terminated at .*"by mistake".*drover apply.*drover gc/) as string,
      });
    }
    const strays = async (): Promise<string[]> => {
      const { items } = await findGarbage(client, {}, Date.now() + HOUR_MS);
      return items.flatMap(({ fleet, agent, why }) => (fleet === world.fleet ? [`${agent}: ${why}`] : [])).sort();
    };
    await eventually(strays, (found) => found.join() === 'A: its fleet is gone,B: its fleet is gone');

    expect(await world.apply(fleetOf(['A']))).toMatchObject({ state: 'done', revision: 1 });
    expect(wakes(world, 'A')).toBe(2);
    expect(world.held()).toEqual(['A', 'B']);
    expect(await strays()).toEqual(['B: its fleet does not know it']);
  }));

it('fleet destroyed: its runs end as cancelled, with that reason', () =>
  withFleet(
    env,
    async (world) => {
      const client = over(world);
      const topology = { flows: ['Start -> A', 'A -> User', 'A -> End'] };
      await world.apply({ ...fleetOf(['A']), topology });
      const ref = await client.runs.start({ fleet: world.fleet, task: 't' });
      await eventually(
        () => client.runs.describe(ref),
        ({ question }: RunView) => question !== null,
      );
      expect((await world.destroy()).state).toBe('done');
      const view = await client.runs.describe(ref);
      expect(view).toMatchObject({ state: 'cancelled', question: null });
      expect(view.result?.error).toContain(`cancelled: fleet ${world.fleet} is destroyed`);
    },
    {
      takeTurn: async () => ({ reply: { action: 'invoke', invocations: [{ agent: 'User', request: 'really?' }] } }),
    },
  ));

it('fleet destroyed: one without agents, too', () =>
  withFleet(env, async (world) => {
    await world.apply(fleetOf(['A']));
    await world.apply(fleetOf([]));
    expect((await world.destroy()).state).toBe('done');
    await eventually(
      async () => (await world.handle.describe()).status.name,
      (status) => status === 'COMPLETED',
    );
  }));

it('fleet reset: what it did after that point it does again, and no agent runs twice', () =>
  withFleet(env, async (world) => {
    await world.apply(fleetOf(['A']));
    await world.apply(fleetOf(['A', 'B']));
    const { incarnation } = await world.view();
    await resetWorkflow(env, `fleet/${world.fleet}`);
    await eventually(
      () => world.view(),
      ({ change }) => change !== null && change.state !== 'running',
    );
    const client = over(world);
    const applied = await client.fleets.apply(world.fleet, { spec: fleetOf(['A', 'B']) }, { ifBusy: 'wait' });
    if (applied.changeId !== null) expect((await world.ended(applied.changeId, applied.revision)).state).toBe('done');
    const view = await world.view();
    expect(Object.keys(view.agents).sort()).toEqual(['A', 'B']);
    expect(world.held()).toEqual(['A', 'B']);
    for (const name of ['A', 'B']) {
      expect(await world.agent(name)).toMatchObject({ status: 'running', incarnation: view.incarnation });
    }
    expect([incarnation.length, view.change?.state]).toEqual([view.incarnation.length, 'done']);
  }));

it.each(['its first task', 'a task in its middle', 'its last task'])(
  'provision reset: a change that is over does and undoes nothing (reset to %s)',
  (where) =>
    withFleet(env, async (world) => {
      await world.apply(fleetOf(['A', 'B']));
      // The key of B's first resource is used up: to make it again is refused, and a change that is refused is undone.
      const replaced = { agents: [memory('A'), memory('B', { process: { command: ['x'] } })] };
      expect(await world.apply(replaced)).toMatchObject({ state: 'done' });
      const before = await world.view();
      const calls = world.provider.calls.length;

      const workflowId = `provision/${world.fleet}/1`;
      const { events } = await env.client.workflow.getHandle(workflowId).fetchHistory();
      const length = Number(events?.at(-1)?.eventId);
      const at = { 'its first task': Infinity, 'a task in its middle': length / 2, 'its last task': length }[where];
      const runId = await resetWorkflow(env, workflowId, at);
      const result = (await env.client.workflow.getHandle(workflowId, runId).result()) as ProvisionResult;
      if (where !== 'its last task') expect(result.change.error).toContain('this change is over and was reset');
      expect(result.record.attempt).toBe(0);

      expect(await world.view()).toEqual(before);
      expect(world.held()).toEqual(['A', 'B']);
      expect(world.provider.calls.slice(calls)).toEqual([]);
      for (const name of ['A', 'B']) expect(await world.agent(name)).toMatchObject({ status: 'running' });
    }),
);

it('provision reset: the change goes on, and its agents are woken once', () =>
  withFleet(
    env,
    async (world) => {
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A', 'C']) });
      await world.changeUntil(({ steps }) => steps.created === 2 && steps.ready === 1);
      await resetWorkflow(env, `provision/${world.fleet}/1`);
      const { instanceId } = await eventually(
        () => world.agent('C'),
        ({ runtime }) => runtime === 'running',
      );
      const beat = { instanceId, status: 'ready' };
      await env.client.workflow.getHandle(`agent/${world.fleet}/C`).signal('heartbeat', beat);
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'done' });
      expect([wakes(world, 'A'), wakes(world, 'C')]).toEqual([1, 1]);
      expect(world.held()).toEqual(['A', 'C']);
    },
    { silent: ['C'] },
  ));
