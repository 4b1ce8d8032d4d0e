/** The workers of a test: Drover's workflows, and the activities that the test brings. */
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { UNINTERRUPTED } from '../../hosting/activation-time';
import { queues } from '../../contract/names';
import { DATA_CONVERTER } from '../../hosting/data-converter';
import type { WorkflowCode } from '../../hosting/workflow-code';

/** The workflows, queues and activities of the workers. */
export interface TestWorkersOptions {
  readonly native: NativeConnection;
  readonly namespace?: string;
  /** The prefix of the task queues, which is the main queue. */
  readonly prefix: string;
  readonly code: WorkflowCode;
  /** Implementations by name, for every queue. */
  readonly activities: object;
  /** Implementations for the main queue only. */
  readonly mainActivities?: object;
  /** Hosts with a queue of their own. */
  readonly hosts?: readonly string[];
  /** 0 replays every workflow at every task. */
  readonly maxCachedWorkflows?: number | undefined;
}

/** Running workers. */
export interface TestWorkers {
  /** Resolves when all have stopped; rejects if one fails. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Work of a test that has ended is worth no waiting. */
const SHUTDOWN = { shutdownGraceTime: '1s', shutdownForceTime: '5s' } as const;

/** Starts workers for the main, the turns and the monitor queue, and for those of the hosts. */
export async function startWorkers(options: TestWorkersOptions): Promise<TestWorkers> {
  const { native, namespace = 'default', prefix, code, activities, mainActivities = {}, hosts = [] } = options;
  const { maxCachedWorkflows } = options;
  const common = { connection: native, namespace, dataConverter: DATA_CONVERTER, ...SHUTDOWN } as const;
  const create = (more: WorkerOptions) => Worker.create({ ...common, activities, ...more });
  const others = [queues.turns(prefix), queues.monitor(prefix), ...hosts.map((host) => queues.host(prefix, host))];
  const workers = await Promise.all([
    create({
      taskQueue: queues.main(prefix),
      activities: { ...mainActivities, ...activities },
      ...code,
      ...UNINTERRUPTED,
      ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    }),
    // A worker without activities does not start.
    ...(Object.keys(activities).length === 0 ? [] : others).map((taskQueue) =>
      create({ taskQueue, maxHeartbeatThrottleInterval: '2s' }),
    ),
  ]);
  const ended = Promise.all(workers.map((worker) => worker.run())).then(() => undefined);
  const stop = async (): Promise<void> => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
  };
  return { ended, stop };
}
