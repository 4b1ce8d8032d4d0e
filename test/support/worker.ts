/** Workers for tests: the shared bundle, the activities that the test brings, queues of their own. */
import { randomUUID } from 'node:crypto';
import { createSignalActivities } from '../../src/activities/signals';
import { Calls } from '../../src/client/temporal/calls';
import { queues } from '../../src/contract/names';
import { startWorkers } from '../../src/testing/server/workers';
import type { TestEnv } from './env';
import { workflowBundle, type WorkflowBundle } from './shared';

/** Dependencies of a worker of a test. */
export interface TestWorkerOptions {
  readonly env: TestEnv;
  /** Implementations by name, served on every queue. */
  readonly activities?: object;
  /** Prefix of the task queues; a random one unless given. */
  readonly prefix?: string;
  /** Hosts whose `<prefix>-host-<host>` queue is served too. */
  readonly hosts?: readonly string[];
  /** 0 replays every workflow at every task. */
  readonly maxCachedWorkflows?: number;
  /** Another bundle than the shared one; what the test started is then replayed against it. */
  readonly bundle?: WorkflowBundle;
}

/** `DROVER_TEST_CACHED_WORKFLOWS=0 npm test` replays every workflow at every task. */
function cachedWorkflows(): number | undefined {
  const text = process.env['DROVER_TEST_CACHED_WORKFLOWS'];
  return text === undefined ? undefined : Number(text);
}

/** Serves the main, the turns, the monitor and the given hosts' queues while the function runs; its argument is the main queue, which is the prefix. */
export async function withWorker<T>(options: TestWorkerOptions, use: (taskQueue: string) => Promise<T>): Promise<T> {
  const { env, prefix = `test-${randomUUID()}`, hosts = [], activities = {} } = options;
  const maxCachedWorkflows = options.maxCachedWorkflows ?? cachedWorkflows();
  const main = queues.main(prefix);
  env.started.addTaskQueue(main);
  if (options.bundle) env.started.bundle = options.bundle;
  const workers = await startWorkers({
    native: env.nativeConnection,
    namespace: env.namespace,
    prefix,
    hosts,
    code: { workflowBundle: options.bundle ?? workflowBundle() },
    activities,
    mainActivities: createSignalActivities(new Calls(env.client)),
    maxCachedWorkflows,
  });
  try {
    const stopped = workers.ended.then(() => Promise.reject(new Error('a worker stopped by itself')));
    return await Promise.race([use(main), stopped]);
  } finally {
    await workers.stop();
  }
}
