/** A change of workflow code, from one version to the next: real small workflows, a real server, real replays. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { PATCHES } from '../../src/workflows/patches';
import { packageVersion } from '../../src/version';
import { devServer } from '../support/env';
import { collectHistories, type RecordedHistory } from '../../src/testing/server/histories';
import { replayProblems } from '../support/replay';
import { shared, type WorkflowBundle } from '../support/shared';
import { withWorker } from '../support/worker';
import { go } from './life/waiting';

const VERSIONS = ['before', 'introduced', 'deprecated', 'removed'] as const;
type Version = (typeof VERSIONS)[number];

const env = devServer();
/** Of the task queues of one test. */
let prefix = '';
/** The ended workflows of this version. */
const histories = new Map<string, RecordedHistory[]>();

function bundle(version: Version): WorkflowBundle {
  return { codePath: join(shared().folder, `life-${version}.js`) };
}

beforeAll(async () => {
  for (const version of VERSIONS) {
    const workflowsPath = join(__dirname, `life/${version}.ts`);
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    writeFileSync(bundle(version).codePath, code);
  }
});

beforeEach(() => {
  prefix = `life-${randomUUID()}`;
  env.skipReplay('the tests of this file replay by themselves, each history with the versions that must repeat it');
});

/** Without a cache: the server would wait for the previous worker, which had the workflow in its cache. */
function onWorker<T>(version: Version, use: (taskQueue: string) => Promise<T>): Promise<T> {
  return withWorker({ env, prefix, bundle: bundle(version), maxCachedWorkflows: 0 }, use);
}

/** Started, and as far as it goes without being told. */
async function begun(workflowId: string, type: string, args: readonly unknown[] = []) {
  const handle = await env.client.workflow.start(type, { workflowId, taskQueue: prefix, args: [...args] });
  await untilEvent(workflowId, ({ timerFiredEventAttributes }) => Boolean(timerFiredEventAttributes));
  return handle;
}

type Event = NonNullable<RecordedHistory['history']['events']>[number];

async function untilEvent(workflowId: string, isIt: (event: Event) => boolean): Promise<Event> {
  for (;;) {
    const { events } = await env.client.workflow.getHandle(workflowId).fetchHistory();
    const found = events?.find(isIt);
    if (found) return found;
  }
}

test.each(VERSIONS)('a workflow that begins and ends with the version %s', async (version) => {
  const workflowId = `synthetic-${version}`;
  await onWorker(version, async () => {
    const handle = await begun(workflowId, 'synthetic');
    await handle.signal(go);
    expect(await handle.result()).toBe(version === 'before' ? 'as before' : 'as changed');
  });
  histories.set(version, await collectHistories(env.client, [workflowId]));
});

test('a workflow under way goes on as before when the patch is introduced, and its whole history replays', async () => {
  const workflowId = 'synthetic-under-way';
  const handle = await onWorker('before', () => begun(workflowId, 'synthetic'));
  await onWorker('introduced', async () => {
    await handle.signal(go);
    expect(await handle.result()).toBe('as before');
  });
  const found = await collectHistories(env.client, [workflowId]);
  expect(await replayProblems(found, bundle('introduced'))).toEqual([]);
});

/** Which version repeats the history of which: while one of them is open, the code may not be newer than that. */
test.each<[Version, readonly Version[]]>([
  ['before', ['before']],
  ['introduced', ['before', 'introduced', 'deprecated']],
  ['deprecated', ['introduced', 'deprecated', 'removed']],
  ['removed', ['deprecated', 'removed']],
])('the version %s replays the histories of %p only', async (version, replays) => {
  const replayed: string[] = [];
  for (const of of VERSIONS) {
    const found = histories.get(of) ?? [];
    expect(found).toHaveLength(1);
    if ((await replayProblems(found, bundle(version))).length === 0) replayed.push(of);
  }
  expect(replayed).toEqual(replays);
});

describe('a carried state', () => {
  test('of an earlier version is lifted, and a worker that is too old leaves one of a newer version to a newer worker', async () => {
    env.allowFailedTasks();
    const workflowId = 'counter-carried';
    const handle = await onWorker('introduced', async (taskQueue) => {
      const first = await env.client.workflow.start('counter', {
        workflowId,
        taskQueue,
        args: [{ v: 1, count: 3 }],
        // A worker says of a task only once that it fails, and then lets it time out.
        workflowTaskTimeout: '1s',
      });
      await untilEvent(workflowId, ({ workflowExecutionStartedEventAttributes: started }) =>
        Boolean(started?.continuedExecutionRunId),
      );
      return env.client.workflow.getHandle(first.workflowId);
    });
    await onWorker('before', async () => {
      await handle.signal(go);
      const failed = await untilEvent(workflowId, (event) => Boolean(event.workflowTaskFailedEventAttributes));
      expect(failed.workflowTaskFailedEventAttributes?.failure?.message).toBe(
        'input.v: the input of this counter has version 2, and this worker reads up to version 1; update the worker',
      );
    });
    await onWorker('introduced', async () => expect(await handle.result()).toBe(4));
  });

  test('that a client sends with a newer version is refused, and the client receives the refusal', async () => {
    await onWorker('before', async (taskQueue) => {
      const refused = env.client.workflow.execute('counter', {
        workflowId: 'counter-refused',
        taskQueue,
        args: [{ v: 2, total: 3 }],
      });
      await expect(refused).rejects.toMatchObject({
        cause: {
          type: 'InvalidRequest',
          nonRetryable: true,
          message:
            'input.v: the input of this counter has version 2, and this worker reads up to version 1; update the worker',
        },
      });
    });
  });
});

test('every patch is described, has an id of its own, and is gone when its time is over', () => {
  const now = packageVersion();
  expect(new Set(PATCHES.map(({ id }) => id)).size).toBe(PATCHES.length);
  for (const { id, changes, since, deprecatedIn, removedIn } of PATCHES) {
    expect(id).toMatch(/^\d+\.\d+\.\d+-[a-z][a-z-]*$/);
    expect(id.startsWith(`${since}-`)).toBe(true);
    expect(changes).not.toBe('');
    expect([since, deprecatedIn, removedIn].map(order)).toEqual([since, deprecatedIn, removedIn].map(order).sort());
    expect(order(now) < order(removedIn)).toBe(true);
  }
});

/** Versions as texts that sort. */
function order(version: string): string {
  return version
    .split('.')
    .map((part) => part.padStart(6, '0'))
    .join('.');
}
