/** 1,000 waiting items: how long a look at the inbox takes, in few large runs and in many small ones. */
import { DroverClient } from '../../src/client';
import { monotonicMs } from '../../src/lib/clock';
import { devServer } from '../support/env';
import { eventually } from '../workflows/agent/harness';
import { startAskingRuns, withRuns } from '../workflows/run/harness';

const env = devServer();
/** What a person may wait for a list. */
const WITHIN_MS = 1_000;
const ITEMS = 1_000;
const LOOKS = 5;

it.each([
  [4, 250],
  [40, 25],
])(
  '%d runs with %d items each are listed within a second',
  async (count, each) => {
    await withRuns(env, async (taskQueue) => {
      const runs = await startAskingRuns(env, taskQueue, count, each);
      const client = DroverClient.over(env.client, taskQueue);
      const fleets = runs.map(({ id }) => id.split('/')[1] ?? '');
      const list = () => client.inbox.list({ fleets }, { timeoutMs: 60_000 });
      await eventually(list, ({ items }) => items.length === ITEMS);
      const times: number[] = [];
      for (let look = 0; look < LOOKS; look += 1) {
        const from = monotonicMs();
        expect((await list()).items).toHaveLength(ITEMS);
        times.push(Math.round(monotonicMs() - from));
      }
      process.stderr.write(`inbox: ${String(ITEMS)} items in ${String(count)} runs: ${times.join(', ')} ms\n`);
      expect(Math.min(...times)).toBeLessThan(WITHIN_MS);
      for (const { handle } of runs) await handle.executeUpdate('cancel', { args: [{}] });
      await Promise.all(runs.map((run) => run.result()));
    });
  },
  600_000,
);
