/** Composition root of a worker: settings -> providers -> activities -> Workers on their queues. */
import { buildId } from './hosting/build-id';
import { Client } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  type RuntimeOptions,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { createActivities } from './activities';
import { admitSigned, signedPlans } from './activities/admission';
import { delivering } from './activities/turns/delivery';
import { createFleetActivities } from './activities/fleet/fleet';
import { createGatewayActivities } from './activities/gateway';
import { createMonitorActivities } from './activities/monitor';
import { createNotificationActivities } from './activities/notifications';
import type { AllowReference } from './activities/references';
import { createReplicaActivities } from './activities/fleet/replicas';
import { createSignalActivities } from './activities/signals';
import { createSubscriptionActivities } from './activities/subscriptions';
import { createTurnRecordActivities, recording } from './activities/turns/turn-records';
import { createTurnActivities } from './activities/turns/turns';
import { createUndoActivities } from './activities/turns/undo';
import { Calls } from './client/temporal/calls';
import { type ConnectionSettings, resolveConnection } from './client/temporal/connection';
import { checkSearchAttributes } from './client/temporal/search-attributes';
import { SpecKeys } from './client/spec-keys';
import type { Environment, Settings } from './config';
import { DroverError } from './contract/errors';
import { messageOf } from './contract/text';
import { isApproved } from './dev/approved-references';
import { DATA_CONVERTER } from './hosting/data-converter';
import { startMaintenance } from './hosting/maintenance';
import { watchEndings } from './hosting/endings';
import { exporterAt, installWith } from './hosting/metrics';
import { installedProviders } from './hosting/installed-providers';
import type { Providers } from './providers/provider';
import { isListed } from './providers/allowed-references';
import { secretsOf } from './providers/redaction';
import { useSecrets } from './providers/secrets-in-use';
import type { Logger } from './log';
import { TurnRecords } from './hosting/turn-records';
import { requireOneCore } from './hosting/temporal-packages';
import { QUEUE_KINDS, type QueueKind, queueOptions } from './hosting/queues';

/** The parts of a worker. */
export interface WorkerParts {
  readonly settings: Settings;
  readonly connection: ConnectionSettings;
  /** Process agents inherit PATH, HOME and LANG of it; references to secrets are resolved in it. */
  readonly environment: Environment;
  readonly serve?: readonly QueueKind[];
}

/** A running worker. */
export interface RunningWorker {
  /**
   * Stops polling, lets running work finish or be taken over, and resolves when the worker has
   * ended.
   */
  readonly stop: () => Promise<void>;
  /** Resolves when it has stopped; rejects if it fails. */
  readonly ended: Promise<void>;
}

/**
 * Sends Temporal's log to Drover's and serves the metrics of both, if an address for them is
 * given. Call it once per process, before anything else uses the runtime. The caller handles
 * signals. Throws `Unavailable` if the address is taken.
 */
export function installRuntime(log: Logger, metrics: Settings['metrics']): void {
  const options: RuntimeOptions = {
    shutdownSignals: [],
    // The core logs here too, and not to stderr, which may be a file on a full disk or a pipe
    // without a reader.
    telemetryOptions: { logging: { forward: {} }, ...(metrics && { metrics: exporterAt(metrics) }) },
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      if (level === 'TRACE' || level === 'DEBUG') log.debug(meta ?? {}, message);
      else if (level === 'INFO') log.info(meta ?? {}, message);
      else if (level === 'WARN') log.warn(meta ?? {}, message);
      else log.error(meta ?? {}, message);
    }),
  };
  installWith(options, metrics);
}

/** The parts of a worker on a connection that its caller has opened. */
export interface WorkersParts extends Omit<WorkerParts, 'connection'> {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** A worker that does not poll yet. */
export interface ReadyWorker {
  /**
   * Polls until `shutdown`, a signal of the SDK's runtime, or a failure; resolves, or rejects with
   * the failure, when every part has ended.
   */
  readonly run: () => Promise<void>;
  /** Stops polling, and lets running work finish or be taken over. */
  readonly shutdown: () => void;
}

/** Starts a worker; resolves when it polls. */
export async function startWorker({ connection, ...parts }: WorkerParts): Promise<RunningWorker> {
  requireOneCore();
  const { connectionOptions, namespace = 'default' } = resolveConnection(connection);
  const native = await connect(connectionOptions);
  const worker = await createWorker({ ...parts, connection: native, namespace }).catch(closing(native));
  const ended = worker.run().finally(() => native.close());
  const stop = () => {
    worker.shutdown();
    return ended;
  };
  return { stop, ended };
}

/** Closes a connection that no worker came to use, and passes the reason on. */
export function closing(connection: NativeConnection): (reason: unknown) => Promise<never> {
  return async (reason) => {
    await connection.close();
    throw reason;
  };
}

/** Creates the SDK's workers, one for each queue. `Unavailable` without the search attributes. */
export async function createWorker({
  settings,
  connection,
  namespace,
  environment: given,
  serve = QUEUE_KINDS,
}: WorkersParts): Promise<ReadyWorker> {
  requireOneCore();
  // So that a reference to a file of the state directory is recognised wherever the directory is.
  const environment = { ...given, DROVER_STATE_DIR: settings.stateDir };
  const client = new Client({ connection, namespace });
  await checkSearchAttributes(client);

  const { installation, host, agentSecret, specSecrets, operatorTokens, allowedHosts } = settings;
  useSecrets([agentSecret, ...operatorTokens, ...(specSecrets ?? []), ...secretsOf(environment)]);
  const calls = new Calls(client);
  const providers = installedProviders(settings, environment);
  const signals = createSignalActivities(calls);
  const secrets = { agentSecret, environment };
  const turnRecords = { store: new TurnRecords(settings.stateDir), host, secrets };
  const keys = specSecrets && new SpecKeys(specSecrets);
  const admit = admitSigned(keys);
  const activities = createActivities({
    providers,
    admit,
    allowReference: allowedHere(settings),
    hasSigned: signedPlans(keys),
    turns: recording(
      delivering({ signals, calls }, createTurnActivities({ agentSecret, allowedHosts, environment })),
      turnRecords,
    ),
    turnRecords: createTurnRecordActivities(turnRecords),
    signals,
    fleet: createFleetActivities({ calls, installation, host, admit }),
    undo: createUndoActivities({ calls, agentSecret, allowedHosts }),
    monitor: createMonitorActivities({ calls, agentSecret, allowedHosts }),
    subscriptions: createSubscriptionActivities({ calls, agentSecret, allowedHosts, environment }),
    replicas: createReplicaActivities({ calls }),
    gateway: createGatewayActivities({ gatewayUrl: settings.gateway.url }),
    notifications: createNotificationActivities({ calls, allowedHosts, environment }),
    secrets,
  });
  // Histories then say which build did a task. Workflows are not pinned to it: a newer worker goes
  // on with all of them.
  const deployment = {
    version: { deploymentName: 'drover', buildId: buildId() },
    useWorkerVersioning: false,
  } as const;
  const queue = (kind: QueueKind): WorkerOptions => ({
    ...queueOptions(kind, settings),
    dataConverter: DATA_CONVERTER,
    connection,
    namespace,
    activities,
    workerDeploymentOptions: deployment,
  });
  const workers = await Promise.all(serve.map((kind) => Worker.create(queue(kind))));
  return readyWorker(workers, providers, serve.includes('host') ? calls : undefined);
}

/** With `calls`, ends of processes and containers of this host are noticed and reported. */
function readyWorker(workers: readonly Worker[], providers: Providers, calls: Calls | undefined): ReadyWorker {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const warnOf =
    (what: string) =>
    (error: unknown): void => {
      Runtime.instance().logger.warn(what, { error });
    };
  const run = async () => {
    const stopMaintenance = startMaintenance(providers, warnOf('the maintenance of a provider failed'));
    const stopWatching = calls && watchEndings(providers, calls, warnOf('the end of an agent could not be reported'));
    const runs = workers.map((worker) => worker.run().finally(shutdown));
    try {
      await Promise.all(runs);
    } finally {
      stopMaintenance();
      await Promise.allSettled(runs);
      await stopWatching?.();
    }
  };
  return { run, shutdown };
}

/** Allows what DROVER_REFERENCES lists, and what the owner of the state directory has approved. */
function allowedHere({ references, stateDir }: Pick<Settings, 'references' | 'stateDir'>): AllowReference {
  return async (reference) => isApproved(stateDir, reference) || (await isListed(reference, references));
}

/** Opens a connection for workers. `Unavailable` names the address. */
export async function connect(options: NativeConnectionOptions): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (error) {
    const at = options.address ?? 'localhost:7233';
    const why = messageOf(error);
    throw new DroverError(
      'Unavailable',
      `Temporal cannot be reached at ${at} (${why}); is the server running (drover up)?`,
      undefined,
      {
        cause: error,
      },
    );
  }
}
