/** Workers for tests: the shared bundle, the activities that the test brings, queues of their own. */
import { randomUUID } from 'node:crypto';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { UNINTERRUPTED } from '../../src/activation-time';
import { createSignalActivities } from '../../src/activities/signals';
import { Calls } from '../../src/client/temporal/calls';
import { queues } from '../../src/contract/names';
import { DATA_CONVERTER } from '../../src/data-converter';
import type { TestEnv } from './env';
import { workflowBundle, type WorkflowBundle } from './shared';

/** What a worker of a test needs. */
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
  const common = {
    connection: env.nativeConnection,
    namespace: env.namespace,
    dataConverter: DATA_CONVERTER,
    shutdownGraceTime: '1s',
    shutdownForceTime: '5s',
  } as const;
  const create = (more: WorkerOptions) => Worker.create({ ...common, activities, ...more });
  const signals = createSignalActivities(new Calls(env.client));
  const workers = await Promise.all([
    create({
      taskQueue: main,
      activities: { ...signals, ...activities },
      workflowBundle: options.bundle ?? workflowBundle(),
      ...UNINTERRUPTED,
      ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    }),
    // A worker with nothing to do does not start.
    ...(Object.keys(activities).length === 0
      ? []
      : [queues.turns(prefix), queues.monitor(prefix), ...hosts.map((host) => queues.host(prefix, host))]
    ).map((taskQueue) => create({ taskQueue, maxHeartbeatThrottleInterval: '2s' })),
  ]);
  const runs = Promise.all(workers.map((worker) => worker.run()));
  try {
    return await Promise.race([use(main), runs.then(() => Promise.reject(new Error('a worker stopped by itself')))]);
  } finally {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await runs;
  }
}
