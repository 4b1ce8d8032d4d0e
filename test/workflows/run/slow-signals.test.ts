/** Runs over a Temporal that is slow to take signals: what a worker did then must replay. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createSignalActivities } from '../../../src/activities/signals';
import { Calls } from '../../../src/client/temporal/calls';
import type { SignalCall } from '../../../src/contract/activities';
import { devServer } from '../../support/env';
import { withAgents } from '../agent/harness';
import { readyAgents, startRun } from './harness';

const env = devServer();

const WORKERS = ['B', 'C', 'D', 'E'];
const topology = { flows: ['Start -> A', ...WORKERS.map((worker) => `A <-> ${worker}`)] };

test('signals that take hundreds of milliseconds, in any order', async () => {
  // Each takes another time, the same in every run of this test.
  let count = 0;
  const delay = (): number => ((count += 1) * 379) % 1300;
  const signalWorkflow = async (call: SignalCall) => {
    await sleep(delay());
    return createSignalActivities(new Calls(env.client)).signalWorkflow(call);
  };
  await withAgents(
    env,
    async (world) => {
      await readyAgents(world, ['A', ...WORKERS]);
      world.takeTurn = async ({ agent, request: { input } }) => {
        await sleep(delay());
        if (agent !== 'A' || input.kind === 'results') return { reply: { action: 'final', response: agent } };
        return { reply: { action: 'invoke', invocations: WORKERS.map((worker) => ({ agent: worker, request: 1 })) } };
      };
      const runs = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          startRun(env, world.taskQueue, { topology, fleet: world.fleet, run: `r${String(index)}` }),
        ),
      );
      for (const run of runs) expect(await run.result()).toMatchObject({ success: true, turns: 6 });
    },
    { activities: { signalWorkflow } },
  );
});
