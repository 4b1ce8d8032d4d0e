/** A user's own workflow, with its own bundle and payload converter, runs tasks of a fleet and signals its agents. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledFailure, Client, WorkflowFailedError } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { agentUpdates, describeRun, runWorkflowId } from '../../src/workflow-api';
import { eventually, untilCancelled } from '../workflows/agent/harness';
import { memory, withFleet } from '../workflows/fleet/harness';
import { devServer } from '../support/env';
import { collectHistories } from '../../src/testing/server/histories';
import { replayProblems } from '../support/replay';
import { shared } from '../support/shared';
import type * as user from './user/workflows';

const env = devServer();
const payloadConverterPath = require.resolve('./user/payload-converter');
const bundle = () => ({ codePath: join(shared().folder, 'user-workflows.js') });
let code = '';

beforeAll(async () => {
  const workflowsPath = require.resolve('./user/workflows');
  ({ code } = await bundleWorkflowCode({ workflowsPath, payloadConverterPath, logger: new DefaultLogger('ERROR') }));
  writeFileSync(bundle().codePath, code);
});

/** A user's worker beside Drover's, and a client that uses the user's converter. Everything that is started is replayed. */
async function withUser(
  use: (
    start: <W extends keyof typeof user>(type: W, argument: Parameters<(typeof user)[W]>[0]) => Promise<Started>,
  ) => Promise<void>,
): Promise<void> {
  const taskQueue = `user-${randomUUID()}`;
  const dataConverter = { payloadConverterPath };
  const client = new Client({ connection: env.connection, dataConverter });
  const worker = await Worker.create({
    connection: env.nativeConnection,
    workflowBundle: bundle(),
    dataConverter,
    taskQueue,
    maxCachedWorkflows: 0,
  });
  const ids: string[] = [];
  await worker.runUntil(
    use(async (type, argument) => {
      const workflowId = `${type}-${randomUUID()}`;
      ids.push(workflowId);
      return client.workflow.start<(argument: unknown) => Promise<unknown>>(type, {
        taskQueue,
        workflowId,
        args: [argument],
      });
    }),
  );
  const own = (await collectHistories(client, ids)).filter(({ workflowId }) => ids.includes(workflowId));
  expect(own).toHaveLength(ids.length);
  expect(await replayProblems(own, bundle())).toEqual([]);
}

type Started = Awaited<ReturnType<Client['workflow']['start']>>;

const topology = { flows: ['Start -> A', 'A -> End'] };

test('the bundle has nothing of a worker, of the schemas and of the rules', () => {
  const files = [...code.matchAll(/^\/\*\*\*\/ "(\.\/[^"]+)"/gm)].map(([, file]) => file ?? '');
  const own = files.filter((file) => file.startsWith('./src/')).map((file) => file.split('/').slice(0, 3).join('/'));
  expect(files.length).toBeGreaterThan(0);
  expect([...new Set(own)].sort()).toEqual(['./src/contract', './src/workflow-api', './src/workflows']);
  expect(files.filter((file) => /\/zod\/|\/@temporalio\/(worker|client|core-bridge)\//.test(file))).toEqual([]);
});

test("runTask returns the run's result, over the fleet's own topology, and is refused with Drover's codes", async () => {
  await withFleet(
    env,
    async (world) => {
      const { fleet, taskQueue: queuePrefix } = world;
      await world.apply({ agents: [memory('A')], topology });
      await withUser(async (start) => {
        const done = await start('task', { fleet, task: { topic: 'Mars' }, options: { queuePrefix, run: 'first' } });
        expect(await done.result()).toMatchObject({ success: true, finalResponse: { topic: 'Mars' }, turns: 1 });
        const { typedSearchAttributes } = await env.client.workflow.getHandle(runWorkflowId(fleet, 'first')).describe();
        expect(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toContainEqual([
          'DroverFleet',
          fleet,
        ]);

        const refused = async (given: Partial<user.Asked>) => {
          const argument = { fleet, task: 'x', ...given, options: { queuePrefix, ...given.options } };
          return (await start('refusal', argument)).result() as Promise<unknown>;
        };
        expect(await refused({ options: { run: 'first' } })).toMatchObject({
          type: 'IdempotencyConflict',
          nonRetryable: true,
        });
        expect(await refused({ fleet: 'nowhere' })).toMatchObject({ type: 'FleetNotFound', nonRetryable: true });
        expect(await refused({ options: { run: 'a/b' } })).toMatchObject({
          type: 'InvalidRequest',
          message: expect.stringContaining('input.run: expected 1 to 63 letters') as string,
        });
        expect(await refused({ options: { topology: { flows: ['A -> B'] } } })).toMatchObject({
          type: 'InvalidFleet',
        });
      });
    },
    { takeTurn: async ({ request }) => ({ reply: { action: 'final', response: request.task } }) },
  );
});

test('a cancelled workflow cancels its run, and sees the cancellation', async () => {
  await withFleet(
    env,
    async (world) => {
      const { fleet, taskQueue: queuePrefix } = world;
      await world.apply({ agents: [memory('A')], topology });
      await withUser(async (start) => {
        const handle = await start('task', { fleet, task: 'x', options: { queuePrefix, run: 'slow' } });
        const run = env.client.workflow.getHandle(runWorkflowId(fleet, 'slow'));
        const state = () => run.query(describeRun).catch(() => null);
        await eventually(state, (view) => view?.branches[0]?.outcome === 'running');
        await handle.cancel();
        const error: unknown = await handle.result().catch((failure: unknown) => failure);
        expect(error).toBeInstanceOf(WorkflowFailedError);
        expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
        expect(await run.query(describeRun)).toMatchObject({ state: 'cancelled' });
      });
    },
    { takeTurn: untilCancelled },
  );
});

test('signalAgent pauses an agent; one that is not there is AgentNotFound', async () => {
  await withFleet(env, async (world) => {
    await world.apply({ agents: [memory('A')] });
    await withUser(async (start) => {
      const pause = async (agent: string) =>
        (
          await start('pausing', { fleet: world.fleet, agent, options: { hold: 'budget', reason: 'spent: 5 €' } })
        ).result() as Promise<unknown>;
      expect(await pause('A')).toEqual({ done: true });
      const { holds, status } = await eventually(
        () => world.agent('A'),
        (view) => view.holds.length > 0,
      );
      expect([status, holds]).toMatchObject(['paused', [{ name: 'budget', reason: 'spent: 5 €' }]]);
      expect(await pause('Absent')).toEqual({
        type: 'AgentNotFound',
        message: `no agent "Absent" runs in fleet "${world.fleet}"`,
        nonRetryable: true,
      });
      const agent = env.client.workflow.getHandle(`agent/${world.fleet}/A`);
      expect(await agent.executeUpdate(agentUpdates.resume, { args: [{ hold: 'budget' }] })).toMatchObject({
        changed: true,
      });
    });
  });
});
