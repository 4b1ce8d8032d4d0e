/** Drover's worker beside a worker of the user. */
import { Worker, type WorkerPlugin } from '@temporalio/worker';
import { environment } from '../config';
import { DroverError } from '../contract/errors';
import { queues } from '../contract/names';
import { createDroverWorker, type DroverWorkerOptions, settingsFrom } from './create';

/** The options of `DroverPlugin`. Connection and namespace are those of the host worker. */
export type DroverPluginOptions = Omit<DroverWorkerOptions, 'connection' | 'namespace'>;

/** How often the state of the host worker is read: the SDK reports only its end to a plugin. */
const LOOK_MS = 50;

/**
 * Runs Drover's workers beside the worker that has this plugin: on its connection and namespace, on
 * Drover's own task queues, with Drover's own bundle and payload converter. The options of the host
 * worker are not changed. Drover's workers stop with the host worker; if they fail, the host worker
 * is shut down, and its `run()` rejects with their failure. Give the plugin to one worker of a
 * process.
 *
 * @example
 * ```ts
 * import { NativeConnection, Worker } from '@temporalio/worker';
 * import { DroverPlugin } from 'drover/temporal';
 *
 * const connection = await NativeConnection.connect({ address: 'localhost:7233' });
 * const worker = await Worker.create({
 *   connection,
 *   taskQueue: 'mine',
 *   workflowsPath: require.resolve('./workflows'),
 *   plugins: [new DroverPlugin()],
 * });
 * await worker.run(); // Drover's workers run beside it, and end with it
 * await connection.close();
 * ```
 */
export class DroverPlugin implements WorkerPlugin {
  /** The name of this plugin, for the SDK. */
  readonly name = 'drover';
  private readonly options: DroverPluginOptions;

  /** The options; all of Drover's queues and the process's own variables unless given. */
  constructor(options: DroverPluginOptions = {}) {
    this.options = options;
  }

  /** Called by the SDK in `worker.run()`. */
  async runWorker(host: Worker, next: (host: Worker) => Promise<void>): Promise<void> {
    if (!(host instanceof Worker)) throw secondCopy();
    const variables = this.options.environment ?? environment();
    if (await isOwnQueue(host.options.taskQueue, variables)) return next(host);

    const { connection, namespace } = host.options;
    // A connection that the host worker opened itself closes with it, maybe before Drover's workers
    // have ended.
    const drover = await createDroverWorker({
      ...this.options,
      environment: variables,
      namespace,
      ...(connection && { connection }),
    });
    const looking = setInterval(() => {
      const state = host.getState();
      if (state !== 'INITIALIZED' && state !== 'RUNNING') drover.shutdown();
    }, LOOK_MS);
    const droverEnds = drover.run().finally(() => {
      if (host.getState() === 'RUNNING') host.shutdown();
    });
    const hostEnds = next(host).finally(() => {
      clearInterval(looking);
      drover.shutdown();
    });
    const ends = await Promise.allSettled([hostEnds, droverEnds]);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** Plugins of a connection are plugins of every worker on it, of Drover's own ones, too. */
async function isOwnQueue(taskQueue: string, variables: NonNullable<DroverPluginOptions['environment']>) {
  const { queuePrefix, host } = await settingsFrom(variables);
  const { main, turns, monitor } = queues;
  return [main(queuePrefix), turns(queuePrefix), monitor(queuePrefix), queues.host(queuePrefix, host)].includes(
    taskQueue,
  );
}

function secondCopy(): DroverError {
  return new DroverError(
    'InvalidRequest',
    'the worker of this plugin comes from another copy of @temporalio/worker than Drover uses: install one version of the @temporalio packages; `npm ls @temporalio/worker` shows who brings which',
  );
}
