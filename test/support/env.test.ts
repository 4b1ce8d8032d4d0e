import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { devServer, timeSkipping } from './env';
import { collectHistories } from '../../src/testing/server/histories';
import { readHistories, writeHistories } from './recorded';
import { replayProblems, taskProblems } from './replay';
import { shared } from './shared';
import { withWorker } from './worker';

const activities = { effect: async () => 'effect and ' };
const codePath = () => join(shared().folder, 'fixture-bundle.js');

beforeAll(async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, 'fixture/index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  writeFileSync(codePath(), code);
});

describe('on the time-skipping server', () => {
  const env = timeSkipping();

  test('hours pass at once, and every run and child is collected', async () => {
    await withWorker({ env, activities, bundle: { codePath: codePath() } }, async (taskQueue) => {
      const before = await env.now();
      const result: unknown = await env.client.workflow.execute('parent', {
        taskQueue,
        workflowId: 'parent',
        args: [0],
      });
      expect(result).toBe('effect and child');
      expect((await env.now()) - before).toBeGreaterThanOrEqual(2 * 3_600_000);
    });
    const ids = await env.started.workflowIds(env.client, false);
    const histories = await collectHistories(env.client, ids);
    expect(histories.map(({ workflowId }) => workflowId).filter((id) => id === 'parent')).toHaveLength(2);
    expect(histories).toHaveLength(3);
    const folder = join(shared().folder, 'histories');
    writeHistories(folder, 'round-trip', histories);
    expect(await replayProblems(readHistories(folder), { codePath: codePath() })).toEqual([]);
  });

  test('a workflow that is left open is ended', async () => {
    await env.client.workflow.start('waiting', { taskQueue: 'nobody', workflowId: 'waiting' });
    env.started.bundle = { codePath: codePath() };
  });

  test('… and its id is free again', async () => {
    const { status } = await env.client.workflow.getHandle('waiting').describe();
    expect(status.name).toBe('TERMINATED');
  });
});

describe('on the development server', () => {
  const env = devServer();

  test('a failed workflow task is a problem unless the test allows it', async () => {
    env.allowFailedTasks();
    await withWorker({ env, activities, bundle: { codePath: codePath() } }, async (taskQueue) => {
      const handle = await env.client.workflow.start('broken', { taskQueue, workflowId: 'broken' });
      for (let failed = false; !failed;) {
        const { events } = await handle.fetchHistory();
        failed = events?.some((event) => event.workflowTaskFailedEventAttributes) ?? false;
      }
    });
    const histories = await collectHistories(env.client, ['broken']);
    expect(histories.flatMap(taskProblems).join('\n')).toContain('broken on purpose');
  });

  test('visibility knows what no client of the test started', async () => {
    await withWorker(
      { env, activities, bundle: { codePath: codePath() }, maxCachedWorkflows: 0 },
      async (taskQueue) => {
        await env.client.workflow.execute('child', { taskQueue, workflowId: 'child-by-itself' });
      },
    );
    expect(await env.started.workflowIds(env.client, true)).toEqual(['child-by-itself']);
  });
});
