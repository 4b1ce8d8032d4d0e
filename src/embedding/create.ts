/** Drover's worker without a host worker. */
import type { NativeConnection } from '@temporalio/worker';
import { DEFAULT_NAMESPACE, resolveConnection } from '../client/temporal/connection';
import { environment, resolveSettings, type Environment, type Settings } from '../config';
import { parseConfig } from '../contract/schemas/config';
import { openStateDirectory } from '../dev/state-dir';
import { closing, connect, createWorker, type ReadyWorker } from '../worker';
import type { QueueKind } from '../hosting/queues';

/** The options of `createDroverWorker`. */
export interface DroverWorkerOptions {
  /** Stays open when the worker ends. Unless given, Drover connects as `drover worker` does. */
  readonly connection?: NativeConnection;
  /** `default` unless given with a connection; otherwise that of the connection's profile. */
  readonly namespace?: string;
  /** Which of Drover's task queues to serve; all of them unless given. */
  readonly queues?: readonly QueueKind[];
  /**
   * The `DROVER_` variables of docs/operations.md; process agents inherit PATH, HOME and LANG of it.
   * The process's own unless given.
   */
  readonly environment?: Environment;
}

/** A worker of Drover, as the SDK's `Worker`. It does not poll before `run`. */
export type DroverWorker = ReadyWorker;

/**
 * Creates workers for Drover's task queues, with Drover's workflows, activities and payload
 * converter. Rejects with `Unavailable` if the server or the search attributes are missing, and
 * with `InvalidRequest` for a wrong setting or a second native core in this process.
 *
 * @example
 * ```ts
 * import { NativeConnection } from '@temporalio/worker';
 * import { createDroverWorker } from 'drover/temporal';
 *
 * const connection = await NativeConnection.connect({ address: 'localhost:7233' });
 * const worker = await createDroverWorker({ connection });
 * await worker.run(); // until SIGTERM, or worker.shutdown()
 * await connection.close();
 * ```
 */
export async function createDroverWorker(options: DroverWorkerOptions = {}): Promise<DroverWorker> {
  const variables = options.environment ?? environment();
  const settings = await settingsFrom(variables);
  const { connection: given, queues: serve } = options;
  const parts = { settings, environment: variables, ...(serve === undefined ? {} : { serve }) };
  if (given) return createWorker({ ...parts, connection: given, namespace: options.namespace ?? DEFAULT_NAMESPACE });

  const { connectionOptions, namespace = DEFAULT_NAMESPACE } = resolveConnection(options);
  const own = await connect(connectionOptions);
  const { run, shutdown } = await createWorker({ ...parts, connection: own, namespace }).catch(closing(own));
  return { run: () => run().finally(() => own.close()), shutdown };
}

/** The settings of these variables, completed from the state directory. */
export async function settingsFrom(variables: Environment): Promise<Settings> {
  const config = parseConfig(variables);
  return resolveSettings(config, await openStateDirectory(config.stateDir));
}
