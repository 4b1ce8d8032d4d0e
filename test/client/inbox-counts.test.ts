/** The cost of a look at the inbox: one query for each run, however many of its items wait. */
import { Client } from '@temporalio/client';
import { DroverClient } from '../../src/client';
import { devServer } from '../support/env';
import { eventually } from '../workflows/agent/harness';
import { startAskingRuns, withRuns } from '../workflows/run/harness';

const env = devServer();
const RUNS = 3;
const ITEMS = 4;

it('asks each run once, however many of its branches wait', async () => {
  await withRuns(env, async (taskQueue) => {
    const runs = await startAskingRuns(env, taskQueue, RUNS, ITEMS);
    const calls: string[] = [];
    const counted = new Client({
      connection: env.client.connection,
      namespace: env.client.options.namespace,
      interceptors: {
        workflow: [
          {
            query(input, next) {
              calls.push(`query ${input.queryType}`);
              return next(input);
            },
          },
        ],
      },
    });
    const client = DroverClient.over(counted, taskQueue);
    const fleets = runs.map(({ id }) => id.split('/')[1] ?? '');
    await eventually(
      () => client.inbox.list({ fleets }),
      ({ items }) => items.length === RUNS * ITEMS,
    );
    calls.length = 0;
    expect((await client.inbox.list({ fleets })).items).toHaveLength(RUNS * ITEMS);
    expect(calls).toEqual(Array.from({ length: RUNS }, () => 'query inbox'));
    for (const { handle } of runs) await handle.executeUpdate('cancel', { args: [{}] });
    await Promise.all(runs.map((run) => run.result()));
  });
});
