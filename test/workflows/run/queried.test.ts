/** Runs whose branches are queried while they send signals: what a worker did then must replay. */
import { devServer } from '../../support/env';
import { withAgents } from '../agent/harness';
import { readyAgents, startRun } from './harness';

const env = devServer();

const WORKERS = ['B', 'C', 'D', 'E'];
const topology = { flows: ['Start -> A', ...WORKERS.map((worker) => `A <-> ${worker}`)] };

test('queries that arrive while signals are on their way', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A', ...WORKERS]);
    world.takeTurn = ({ agent, request: { input } }) =>
      Promise.resolve(
        agent !== 'A' || input.kind === 'results'
          ? { reply: { action: 'final', response: agent } }
          : { reply: { action: 'invoke', invocations: WORKERS.map((worker) => ({ agent: worker, request: 1 })) } },
      );
    for (let round = 0; round < 4; round += 1) {
      const runs = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          startRun(env, world.taskQueue, { topology, fleet: world.fleet, run: `r${String(round)}-${String(index)}` }),
        ),
      );
      let isOver = false;
      const asking = runs.map(async ({ branchView }) => {
        while (!isOver) await branchView('0').catch(() => undefined);
      });
      for (const run of runs) expect(await run.result()).toMatchObject({ success: true, turns: 6 });
      isOver = true;
      await Promise.all(asking);
    }
  });
});
