/** Raw payloads, unknown signals and odd values sent to fleets, changes, pools and notifications: no task fails, and the next command works. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { DESCRIBE, poolUpdates, provisionUpdates } from '../../src/contract/messages';
import { NOTIFY_WORKFLOW, POOL_WORKFLOW, poolWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { failedTasks, sendEverything } from '../support/strangers';
import { withWorker } from '../support/worker';
import { fleetOf, withFleet } from './fleet-harness';

const env = devServer();

/** Sends it all, and sees to it that the workflow has looked at the last of it. */
async function beset(handle: WorkflowHandle, names: readonly string[]): Promise<void> {
  await sendEverything(env, handle, [...names, 'nobodyKnowsThis']);
  // Whatever was sent before a query is handled before it.
  await handle.query(DESCRIBE);
  expect(await failedTasks(handle)).toBe(0);
}

it('a fleet, and the change that it is in', async () => {
  await withFleet(
    env,
    async (world) => {
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['a', 'silent']) });
      await world.changeUntil(({ steps }) => steps.created === 2 && steps.ready === 1);
      await beset(world.handle, ['agentGone', 'pause']);
      await beset(world.saga(), ['agentReported', 'holdsChanged']);
      await world.saga().executeUpdate(provisionUpdates.cancel, { args: [{}] });
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'rolled back' });
      expect(world.held()).toEqual([]);
      expect(await world.apply(fleetOf(['a']))).toMatchObject({ state: 'done' });
    },
    { silent: ['silent'] },
  );
});

it('a pool', async () => {
  await withWorker({ env }, async (taskQueue) => {
    const pool = `p-${randomUUID().slice(0, 8)}`;
    const workflowId = poolWorkflowId(pool);
    const input = { v: 1, pool, credentials: [{ name: 'only', secret: 'env:ONLY' }] };
    const handle = await env.client.workflow.start(POOL_WORKFLOW, { workflowId, taskQueue, args: [input] });
    await beset(handle, ['failureObserved', 'allocationRequested', 'allocationRejected', 'agentGone']);
    expect(await handle.executeUpdate(poolUpdates.reset, { args: [{}] })).toMatchObject({
      pool,
      credentials: [{ name: 'only', failuresInWindow: 0 }],
    });
  });
});

it('a notification that has not been taken yet', async () => {
  let isTaken = false;
  const postWebhook = async () => {
    if (!isTaken) throw new Error('not now');
  };
  await withWorker({ env, activities: { postWebhook } }, async (taskQueue) => {
    const event = { id: randomUUID(), type: 'agent.offline', at: new Date().toISOString(), data: {} };
    const target = { url: 'http://127.0.0.1:1/', secret: 'env:HOOK', events: ['agent.offline'] };
    const workflowId = `notify/${event.id}`;
    const args = [{ v: 1, event, target }];
    const handle = await env.client.workflow.start(NOTIFY_WORKFLOW, { workflowId, taskQueue, args });
    await sendEverything(env, handle, ['nobodyKnowsThis']);
    isTaken = true;
    await handle.result();
    expect(await failedTasks(handle)).toBe(0);
  });
});
