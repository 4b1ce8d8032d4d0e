/** Raw payloads, unknown signals and odd values sent to fleets, changes, pools and notifications: no task fails, and the next command works. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import {
  DESCRIBE,
  LEASE_WORKFLOW,
  leaseWorkflowId,
  AGENT_WORKFLOW,
  agentWorkflowId,
  NOTIFY_WORKFLOW,
  POOL_WORKFLOW,
  poolWorkflowId,
} from '../../src/contract/names';
import type { LeaseView } from '../../src/contract/lease';
import { poolUpdates } from '../../src/contract/pool/messages';
import { provisionUpdates } from '../../src/contract/fleet/messages';
import type { AgentView } from '../../src/contract/agent';
import { devServer } from '../support/env';
import { failedTasks, sendEverything } from '../support/strangers';
import { withWorker } from '../support/worker';
import { fleetOf, withFleet } from './fleet/harness';

const env = devServer();

/** Sends it all, and sees to it that the workflow has looked at the last of it. */
async function beset(handle: WorkflowHandle, names: readonly string[]): Promise<void> {
  await sendEverything(env, handle, [...names, 'nobodyKnowsThis']);
  // Workflows handle earlier messages before a query.
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
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'rolled_back' });
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

it('a lease', async () => {
  await withWorker({ env }, async (taskQueue) => {
    const ref = { instance: randomUUID(), shard: 0, epoch: 1 };
    const workflowId = leaseWorkflowId(ref);
    const args = [{ v: 1, ...ref }];
    const handle = await env.client.workflow.start(LEASE_WORKFLOW, { workflowId, taskQueue, args });
    await beset(handle, ['renew', 'leaseLost', 'heartbeat']);
    await handle.signal('renew', { epoch: 1, n: 1, joined: ['f/a'], left: [], size: 1 });
    expect(await handle.query<LeaseView>(DESCRIBE)).toMatchObject({ n: 1, agents: 1, ends: null });
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

it.each([
  ['fleet', { v: 1, state: {} }],
  ['fleet', { v: 1, state: { fleet: 'f', holds: [{ name: 7 }] } }],
  ['pool', { v: 1, state: {} }],
  ['pool', { v: 1, state: { pool: ['p'], config: {} } }],
  ['agent', { v: 1, state: { v: 1 } }],
  ['agent', { v: 1, state: { v: 1, fleet: 'f', agent: 'a', config: {}, holds: [] } }],
  ['lease', { v: 1, state: {} }],
  ['lease', { v: 1, instance: 'a/b', shard: 0, epoch: 1 }],
  ['provision', { v: 1, fleet: 'f', changes: [{}] }],
  ['run', { v: 1, state: {} }],
  ['branch', { v: 1, carried: {} }],
  ['notify', { v: 1, state: {} }],
])('a %s that begins with %j fails in order', async (type, input) => {
  await withWorker({ env }, async (taskQueue) => {
    const workflowId = `${type}/garbage-${randomUUID()}`;
    const handle = await env.client.workflow.start(type, { workflowId, taskQueue, args: [input] });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'InvalidRequest' } });
    expect(await failedTasks(handle)).toBe(0);
  });
});

it('an agent that has 32 holds with the longest names keeps them and goes on', async () => {
  await withWorker({ env }, async (taskQueue) => {
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    const workflowId = agentWorkflowId(fleet, 'a');
    const args = [{ v: 1, fleet, agent: 'a' }];
    const handle = await env.client.workflow.start(AGENT_WORKFLOW, { workflowId, taskQueue, args });
    const names = Array.from({ length: 32 }, (_, index) => `h${String(index).padStart(2, '0')}${'x'.repeat(60)}`);
    for (const hold of names) await handle.executeUpdate('hold', { args: [{ hold }] });
    const { holds } = await handle.query<AgentView>(DESCRIBE);
    expect(holds.map(({ name }) => name)).toEqual(names);
    const { status, memo } = await handle.describe();
    expect([status.name, memo?.['holds']]).toEqual(['RUNNING', names]);
  });
});
