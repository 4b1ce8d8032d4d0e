/** A fleet whose worker remembers nothing, which is slow: every workflow task replays the whole history. */
import { devServer } from '../support/env';
import { providerFailure } from '../support/memory-provider';
import { fleetOf, withFleet } from '../workflows/fleet/harness';

const env = devServer();

test('nothing is kept in memory: every task replays the whole history, and a command sees what was before it', async () => {
  await withFleet(
    env,
    async (world) => {
      expect(await world.apply(fleetOf(['A', 'B']))).toMatchObject({ state: 'done' });
      expect(await world.apply(fleetOf(['A', 'C', 'D']))).toMatchObject({ state: 'rolled_back', error: 'D: no' });
      expect(await world.apply(fleetOf(['A']))).toMatchObject({ state: 'done' });
      expect(await world.destroy()).toMatchObject({ state: 'done' });
    },
    {
      maxCachedWorkflows: 0,
      before: ({ call, agent }) => {
        if (call === 'createResource' && agent === 'D') throw providerFailure('no', true);
      },
    },
  );
}, 120_000);
