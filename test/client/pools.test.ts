import { randomUUID } from 'node:crypto';
import { DroverClient } from '../../src/client';
import { poolSignals } from '../../src/contract/pool/messages';
import { POOL_WORKFLOW, poolWorkflowId } from '../../src/contract/names';
import * as views from '../../src/contract/schemas/views';
import { devServer } from '../support/env';
import { withWorker } from '../support/worker';
import { eventually } from '../workflows/agent/harness';

const env = devServer();

it('shows, lists and resets a pool', async () => {
  await withWorker({ env }, async (taskQueue) => {
    const pool = `p-${randomUUID().slice(0, 8)}`;
    const workflowId = poolWorkflowId(pool);
    const credentials = [{ name: 'sub-a', secret: 'env:A' }];
    const handle = await env.client.workflow.start(POOL_WORKFLOW, {
      workflowId,
      taskQueue,
      args: [{ v: 1, pool, credentials }],
    });
    const { pools } = DroverClient.over(env.client, taskQueue);
    await handle.signal(poolSignals.failureObserved, {
      credential: 'sub-a',
      kind: 'auth',
      at: new Date().toISOString(),
      agent: 'f/x',
    });
    const used = await pools.describe(pool);
    expect(used).toMatchObject({ pool, credentials: [{ name: 'sub-a', failuresInWindow: 1 }] });
    expect(used.credentials[0]?.skippedUntil).not.toBeNull();
    expect(views.poolViewSchema.safeParse(used).error).toBeUndefined();
    const fresh = await pools.reset(pool, 'sub-a');
    expect(fresh.credentials[0]).toMatchObject({ skippedUntil: null });
    await eventually(
      () => pools.list(),
      ({ items }) => items.some((item) => item.pool === pool),
    );
  });
});

it('knows that a pool does not exist', async () => {
  const { pools } = DroverClient.over(env.client);
  await expect(pools.describe('nowhere')).rejects.toMatchObject({ code: 'PoolNotFound' });
  await expect(pools.reset('nowhere')).rejects.toMatchObject({ code: 'PoolNotFound' });
});
