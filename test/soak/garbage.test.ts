/**
 * Garbage in numbers: 10,000 starts of all eight types, and 10,000 signals, updates and queries at a workflow of each type, under names
 * that it knows and does not know. The server and `drover get` answer, every workflow too, and no workflow task fails.
 */
import { randomUUID } from 'node:crypto';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { DroverClient } from '../../src/client';
import { agentSignals, agentUpdates } from '../../src/contract/agent/messages';
import { fleetSignals, fleetUpdates, provisionSignals, provisionUpdates } from '../../src/contract/fleet/messages';
import {
  AGENT_WORKFLOW,
  agentWorkflowId,
  BRANCH_WORKFLOW,
  DESCRIBE,
  FLEET_WORKFLOW,
  LEASE_WORKFLOW,
  leaseWorkflowId,
  NOTIFY_WORKFLOW,
  POOL_WORKFLOW,
  poolWorkflowId,
  PROVISION_WORKFLOW,
  RUN_WORKFLOW,
  runWorkflowId,
} from '../../src/contract/names';
import { renewLease } from '../../src/contract/lease/messages';
import { poolSignals, poolUpdates } from '../../src/contract/pool/messages';
import { branchSignals, runSignals, runUpdates } from '../../src/contract/run/messages';
import { drover, temporaryFolder } from '../cli/commands/drover';
import { devServer } from '../support/env';
import { manyTimes, taskFigures } from '../support/floods';
import { RAW_PAYLOADS, sendRaw } from '../support/strangers';
import { withWorker } from '../support/worker';
import { eventually, untilCancelled } from '../workflows/agent/harness';
import { fleetOf, withFleet } from '../workflows/fleet/harness';

const env = devServer();
const folder = temporaryFolder();
afterAll(folder.remove);

const LIMIT_MS = 1_800_000;
const STARTS = 10_000;
/** Signals are kept below the server's limit for one run of a workflow, which is 10,000. */
const MESSAGES = { signals: 8_000, updates: 1_000, queries: 1_000 };

const TYPES = [
  FLEET_WORKFLOW,
  PROVISION_WORKFLOW,
  AGENT_WORKFLOW,
  POOL_WORKFLOW,
  RUN_WORKFLOW,
  BRANCH_WORKFLOW,
  NOTIFY_WORKFLOW,
  LEASE_WORKFLOW,
] as const;

/** Values that no message of any workflow has. */
const VALUES: readonly unknown[] = [
  7,
  'text',
  [],
  [{}],
  true,
  { agent: 7 },
  { unheardOf: 'this' },
  { hold: { toString: 1 } },
  { v: 1, state: { v: 1 } },
  { spec: 'none', turnId: [], instanceId: {}, changeId: 0 },
  { name: 'x'.repeat(1_000) },
  { deep: JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`) as unknown },
];
const UNKNOWN = ['unheardOf', '__temporal_x', '__stack_trace_x', 'constructor'];

const say = (what: string, since: number): void => {
  console.info(`${what}: ${((performance.now() - since) / 1_000).toFixed(1)} s`);
};
const at = <T>(values: readonly T[], index: number): T => {
  const value = values[index % values.length];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
};
const namesOf = (...groups: readonly object[]): string[] =>
  groups.flatMap((group) => Object.values(group).map(({ name }: { name: string }) => name));

/** Every list of the command line answers. */
async function listsAnswer(prefix: string): Promise<void> {
  for (const what of ['fleets', 'agents', 'runs', 'pools']) {
    const began = performance.now();
    const { code, stderr } = await drover(['get', what, '--address', env.address], folder.path, {
      DROVER_QUEUE_PREFIX: prefix,
    });
    expect({ what, code, stderr }).toMatchObject({ what, code: 0 });
    say(`drover get ${what}`, began);
  }
}

it(
  '10,000 garbage starts of eight types each end in order',
  async () => {
    await withWorker({ env }, async (taskQueue) => {
      const began = performance.now();
      const mark = randomUUID().slice(0, 8);
      const idOf = (index: number) => `${at(TYPES, index)}/garbage-${mark}-${String(index)}`;
      // The environment's client would keep each for a replay.
      const { workflow } = new Client({ connection: env.connection, namespace: env.namespace });
      // `null` and values without a version: a parser refuses each.
      await manyTimes(STARTS, (index) =>
        workflow.start(at(TYPES, index), {
          workflowId: idOf(index),
          taskQueue,
          args: [at([null, ...VALUES], Math.floor(index / TYPES.length))],
        }),
      );
      say(`${String(STARTS)} started`, began);
      const count = async (status: string): Promise<number> =>
        (await workflow.count(`TaskQueue = "${taskQueue}" AND ExecutionStatus = "${status}"`)).count;
      for (let open = await count('Running'), before = open; open > 0; before = open)
        open = await eventually(
          () => count('Running'),
          (running) => running === 0 || running < before,
        );
      say('all ended', began);
      expect(await count('Failed')).toBe(STARTS);
      // One of each type and value has been looked at closely.
      for (let index = 0; index < TYPES.length * (VALUES.length + 1); index += 1)
        expect(await taskFigures(env.client.workflow.getHandle(idOf(index)))).toMatchObject({ failed: 0, timedOut: 0 });
      await listsAnswer(taskQueue);
    });
  },
  LIMIT_MS,
);

/** Sends everything to one workflow, and sees to it that it still answers. */
async function beset(
  handle: WorkflowHandle,
  signals: readonly string[],
  updates: readonly string[],
  answers: boolean,
): Promise<void> {
  const began = performance.now();
  const before = await handle.describe();
  await manyTimes(MESSAGES.signals, async (index) => {
    const name = at([...signals, ...UNKNOWN], index);
    const turn = Math.floor(index / (signals.length + UNKNOWN.length));
    if (turn % 3 === 0) await sendRaw(env, handle, name, at(RAW_PAYLOADS, Math.floor(turn / 3)));
    else await handle.signal(name, at(VALUES, turn));
  });
  say(`${handle.workflowId}: signals`, began);
  const refused = { updates: 0, queries: 0 };
  await manyTimes(MESSAGES.updates, async (index) => {
    const name = at([...updates, 'unheardOf', '__temporal_x'], index);
    await handle.executeUpdate(name, { args: [at(VALUES, index)] }).catch(() => (refused.updates += 1));
  });
  await manyTimes(MESSAGES.queries, async (index) => {
    const name = at(['unheardOf', '__temporal_x', ...(answers ? [DESCRIBE] : [])], index);
    await handle.query(name, at(VALUES, index)).catch(() => (refused.queries += 1));
  });
  say(`${handle.workflowId}: all messages`, began);
  expect(refused.updates).toBe(MESSAGES.updates);
  expect(refused.queries).toBeGreaterThanOrEqual(MESSAGES.queries / 2);
  if (answers) await handle.query(DESCRIBE);
  expect((await handle.describe()).status.name).toBe(before.status.name);
  const { runId } = before;
  expect(await taskFigures(env.client.workflow.getHandle(handle.workflowId, runId))).toMatchObject({
    failed: 0,
    timedOut: 0,
  });
}

it(
  '10,000 garbage messages to a workflow of each type',
  async () => {
    env.skipReplay('tens of thousands of messages');
    let isOver = false;
    const postWebhook = async (): Promise<void> => {
      if (!isOver) throw new Error('not now');
    };
    await withFleet(
      env,
      async (world) => {
        const { fleet, taskQueue } = world;
        const client = DroverClient.over(env.client, taskQueue);
        const handleOf = (workflowId: string) => env.client.workflow.getHandle(workflowId);
        // Two agents at the start: a branch of a fan-out has a workflow of its own.
        const topology = { flows: ['Start -> a', 'Start -> b', 'a -> End', 'b -> End'] };
        expect(await world.apply({ ...fleetOf(['a', 'b']), topology })).toMatchObject({ state: 'done' });
        const { run } = await client.runs.start({ fleet, task: 't' });
        const runId = runWorkflowId(fleet, run);
        await eventually(
          () => world.agent('a'),
          ({ turns }) => turns.inFlight === 1,
        );
        // A change that waits for a silent agent.
        await world.fleets.apply(fleet, { spec: { ...fleetOf(['a', 'b', 'silent']), topology } });
        await world.changeUntil(({ steps }) => steps.created === 1, 2);
        const pool = `p-${fleet}`;
        await env.client.workflow.start(POOL_WORKFLOW, {
          workflowId: poolWorkflowId(pool),
          taskQueue,
          args: [{ v: 1, pool, credentials: [{ name: 'only', secret: 'env:ONLY' }] }],
        });
        const ref = { instance: randomUUID(), shard: 0, epoch: 1 };
        await env.client.workflow.start(LEASE_WORKFLOW, {
          workflowId: leaseWorkflowId(ref),
          taskQueue,
          args: [{ v: 1, ...ref }],
        });
        const event = { id: randomUUID(), type: 'agent.offline', at: new Date().toISOString(), data: {} };
        await env.client.workflow.start(NOTIFY_WORKFLOW, {
          workflowId: `notify/${event.id}`,
          taskQueue,
          args: [{ v: 1, event, target: { url: 'http://127.0.0.1:1/' } }],
        });

        const branches = env.client.workflow.list({
          query: `WorkflowType = "branch" AND TaskQueue = "${taskQueue}"`,
        });
        const branchIds: string[] = [];
        for await (const { workflowId } of branches) branchIds.push(workflowId);
        const [branchId = ''] = branchIds;
        await beset(handleOf(`fleet/${fleet}`), namesOf(fleetSignals), namesOf(fleetUpdates), true);
        await beset(world.saga(2), namesOf(provisionSignals), namesOf(provisionUpdates), true);
        await beset(handleOf(agentWorkflowId(fleet, 'a')), namesOf(agentSignals), namesOf(agentUpdates), true);
        await beset(handleOf(poolWorkflowId(pool)), namesOf(poolSignals), namesOf(poolUpdates), true);
        await beset(handleOf(runId), namesOf(runSignals), namesOf(runUpdates), true);
        await beset(handleOf(branchId), namesOf(branchSignals), [], true);
        await beset(handleOf(leaseWorkflowId(ref)), [renewLease.name], [], true);
        await beset(handleOf(`notify/${event.id}`), [], [], false);
        await listsAnswer(taskQueue);

        // Everything goes on from where it was.
        isOver = true;
        await world.fleets.cancel(fleet);
        await client.runs.describe({ fleet, run });
        expect((await world.destroy()).state).toBe('done');
      },
      {
        silent: ['silent'],
        takeTurn: untilCancelled,
        moreActivities: { postWebhook },
      },
    );
  },
  LIMIT_MS,
);
