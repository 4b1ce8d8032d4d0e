/** A service with replicas over real workflows: turns spread over them, and scaling is a change like any other. */
import { createReplicaActivities } from '../../../src/activities/fleet/replicas';
import { Calls } from '../../../src/client/temporal/calls';
import { DroverClient } from '../../../src/client';
import type { TurnCall } from '../../../src/contract/activities';
import type { FleetSpec } from '../../../src/contract/fleet';
import { devServer } from '../../support/env';
import { monotonicMs } from '../../../src/lib/clock';
import { until } from '../../../src/lib/until';
import { PATIENCE_MS } from '../../support/patience';
import { eventually } from '../agent/harness';
import { memory, withFleet } from './harness';

const env = devServer();

const spec = (replicas: number): FleetSpec => ({
  agents: [memory('Boss'), memory('Worker', { replicas, turns: { maxParallel: 10 } })],
  topology: { flows: ['Start -> Boss', 'Boss <-> Worker'] },
});

it('spreads turns over the replicas, follows a scale, and takes a failed one back', async () => {
  const taken: TurnCall[] = [];
  let width = 6;
  let broken = '';
  /** How much later it is for the choice of replicas, which uses what they told for a second. */
  let later = 0;
  const takeTurn = async (call: TurnCall) => {
    taken.push(call);
    if (call.agent !== 'Boss') {
      await until(() => taken.filter(({ agent }) => agent !== 'Boss').length >= width || undefined, PATIENCE_MS);
      return { reply: { action: 'final', response: call.request.agent, undo: 1 } };
    }
    const invocations = Array.from({ length: width }, (_, index) => ({ agent: 'Worker', request: index }));
    const { input } = call.request;
    return {
      reply:
        input.kind === 'results' ? { action: 'final', response: input.results } : { action: 'invoke', invocations },
    };
  };
  await withFleet(
    env,
    async (world) => {
      const { fleet } = world;
      const client = DroverClient.over(env.client, world.taskQueue);
      const change = async (planned: { changeId: string | null; revision: number }) =>
        world.ended(planned.changeId ?? '', planned.revision);
      const replicas = (counts: readonly string[]) =>
        counts.reduce<Record<string, number>>((sum, name) => ({ ...sum, [name]: (sum[name] ?? 0) + 1 }), {});
      const play = async (run: string) => {
        taken.length = 0;
        later += 60_000;
        await client.runs.start({ fleet, run, task: 'x' });
        const view = await eventually(
          () => client.runs.describe({ fleet, run }),
          ({ result }) => result !== null,
        );
        return { view, spread: replicas(taken.flatMap(({ agent }) => (agent === 'Boss' ? [] : [agent]))) };
      };
      await world.apply(spec(3));
      expect(world.held()).toEqual(['Boss', 'Worker-1', 'Worker-2', 'Worker-3']);
      const first = await play('r1');
      expect(first.view).toMatchObject({ state: 'completed', result: { turns: 8 } });
      expect(first.spread).toEqual({ 'Worker-1': 2, 'Worker-2': 2, 'Worker-3': 2 });
      // The agent that takes the turn is named in it, the branch names the service.
      expect(new Set(taken.map(({ request }) => request.agent))).toEqual(
        new Set(['Boss', 'Worker-1', 'Worker-2', 'Worker-3']),
      );
      expect(first.view.branches.map(({ agents }) => agents.join())).toEqual([
        'Boss',
        ...Array<string>(6).fill('Worker'),
      ]);

      broken = 'Worker-5';
      const failed = await client.fleets.scale(fleet, { agent: 'Worker', replicas: 5 });
      expect(await change(failed)).toMatchObject({ state: 'rolled_back' });
      expect(world.held()).toEqual(['Boss', 'Worker-1', 'Worker-2', 'Worker-3']);
      expect((await world.view()).spec.agents[1]?.replicas).toBe(3);
      broken = '';

      const down = await client.fleets.scale(fleet, { agent: 'Worker', replicas: 2, requestId: 'down' });
      expect(await change(down)).toMatchObject({ state: 'done' });
      expect(await client.fleets.scale(fleet, { agent: 'Worker', replicas: 2, requestId: 'down' })).toEqual(down);
      expect(world.held()).toEqual(['Boss', 'Worker-1', 'Worker-2']);

      // A paused replica gets no turn while another one is free.
      await client.agents.command({ fleet, agent: 'Worker-1' }, 'pause', {});
      width = 3;
      expect((await play('r2')).spread).toEqual({ 'Worker-2': 3 });
      // A stopped one never does.
      await client.agents.command({ fleet, agent: 'Worker-2' }, 'stop', {});
      await client.agents.command({ fleet, agent: 'Worker-1' }, 'resume', {});
      expect((await play('r3')).spread).toEqual({ 'Worker-1': 3 });

      await change(await client.fleets.scale(fleet, { agent: 'Worker', replicas: 0 }));
      width = 1;
      const none = await play('r4');
      expect(none.view).toMatchObject({
        state: 'failed',
        result: { error: expect.stringContaining('Worker has no replica') as string },
      });
      expect(none.spread).toEqual({});
    },
    {
      takeTurn,
      moreActivities: {
        ...createReplicaActivities({ calls: new Calls(env.client), now: () => monotonicMs() + later }),
        undoTurn: () => Promise.resolve(),
      },
      before: async ({ call, agent }) => {
        if (call === 'createResource' && agent === broken) throw new Error('no room');
      },
    },
  );
});
