/** Composition root of a worker: settings -> providers -> activities -> Workers on their queues. */
import { buildId } from './build-id';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { UNINTERRUPTED } from './activation-time';
import { createActivities } from './activities';
import { admitSigned } from './activities/admission';
import { delivering } from './activities/delivery';
import { createFleetActivities } from './activities/fleet';
import { createGatewayActivities } from './activities/gateway';
import { createMonitorActivities } from './activities/monitor';
import { createNotificationActivities } from './activities/notifications';
import type { AllowReference } from './activities/references';
import { createSignalActivities } from './activities/signals';
import { createSubscriptionActivities } from './activities/subscriptions';
import { createTurnActivities } from './activities/turns';
import { createUndoActivities } from './activities/undo';
import { Calls } from './client/temporal/calls';
import { type ConnectionSettings, resolveConnection } from './client/temporal/connection';
import { checkSearchAttributes } from './client/temporal/search-attributes';
import { SpecKeys } from './client/spec-keys';
import type { Environment, Settings } from './config';
import { DroverError } from './contract/errors';
import { queues } from './contract/names';
import { messageOf } from './contract/text';
import { isApproved } from './dev/approved-references';
import { DATA_CONVERTER } from './data-converter';
import { startMaintenance } from './housekeeping';
import { watchEndings } from './endings';
import { installedProviders } from './installed-providers';
import { isListed } from './providers/allowed-references';
import { secretsOf } from './providers/redaction';
import { useSecrets } from './providers/secrets-in-use';
import type { Logger } from './log';
import { requireOneCore, sdkVersion } from './temporal-packages';

/** The kinds of task queues that a worker may serve; all of them unless given. */
export const QUEUE_KINDS = ['main', 'turns', 'monitor', 'host'] as const;
export type QueueKind = (typeof QUEUE_KINDS)[number];

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
 * How long running work may take before it is cancelled (another worker then gets it), and before
 * it is cut off.
 */
const SHUTDOWN = { shutdownGraceTime: '3s', shutdownForceTime: '10s' } as const;

/**
 * By default the SDK sends a heartbeat after four fifths of its timeout. An activity learns of its
 * cancellation from the answer, and on a busy machine the last fifth is too short.
 */
const HEARTBEATS = { maxHeartbeatThrottleInterval: '2s' } as const;

/**
 * Sends Temporal's log to Drover's. Call it once per process, before anything else uses the
 * runtime. The caller handles signals.
 */
export function installRuntime(log: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    // The core logs here too, and not to stderr, which may be a file on a full disk or a pipe
    // without a reader.
    telemetryOptions: { logging: { forward: {} } },
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      if (level === 'TRACE' || level === 'DEBUG') log.debug(meta ?? {}, message);
      else if (level === 'INFO') log.info(meta ?? {}, message);
      else if (level === 'WARN') log.warn(meta ?? {}, message);
      else log.error(meta ?? {}, message);
    }),
  });
}

/** Starts a worker; resolves when it polls. */
export async function startWorker({
  settings,
  connection,
  environment: given,
  serve = QUEUE_KINDS,
}: WorkerParts): Promise<RunningWorker> {
  requireOneCore();
  // So that a reference to a file of the state directory is recognised wherever the directory is.
  const environment = { ...given, DROVER_STATE_DIR: settings.stateDir };
  const { connectionOptions, namespace = 'default' } = resolveConnection(connection);
  const native = await connect(connectionOptions);
  const client = new Client({ connection: native, namespace });
  await checkSearchAttributes(client);

  const { installation, host, agentSecret, specSecrets, operatorTokens, allowedHosts } = settings;
  useSecrets([agentSecret, ...operatorTokens, ...(specSecrets ?? []), ...secretsOf(environment)]);
  const calls = new Calls(client);
  const providers = installedProviders(settings, environment);
  const signals = createSignalActivities(calls);
  const admit = admitSigned(specSecrets && new SpecKeys(specSecrets));
  const activities = createActivities({
    providers,
    admit,
    allowReference: allowedHere(settings),
    turns: delivering(signals, createTurnActivities({ agentSecret, allowedHosts, environment })),
    signals,
    fleet: createFleetActivities({ calls, installation, host, admit }),
    undo: createUndoActivities({ calls, agentSecret, allowedHosts }),
    monitor: createMonitorActivities({ calls, agentSecret, allowedHosts }),
    subscriptions: createSubscriptionActivities({ calls, agentSecret, allowedHosts, environment }),
    gateway: createGatewayActivities({ gatewayUrl: settings.gateway.url }),
    notifications: createNotificationActivities({ calls, allowedHosts, environment }),
    secrets: { agentSecret, environment },
  });
  // Histories then say which build did a task. Workflows are not pinned to it: a newer worker goes
  // on with all of them.
  const deployment = {
    version: { deploymentName: 'drover', buildId: buildId() },
    useWorkerVersioning: false,
  } as const;
  const queue = (kind: QueueKind): WorkerOptions => ({
    ...queueOptions(kind, settings),
    ...SHUTDOWN,
    ...HEARTBEATS,
    dataConverter: DATA_CONVERTER,
    connection: native,
    namespace,
    activities,
    workerDeploymentOptions: deployment,
  });
  const workers = await Promise.all(serve.map((kind) => Worker.create(queue(kind))));
  const runs = workers.map((worker) => worker.run());
  const warnOf =
    (what: string) =>
    (error: unknown): void => {
      Runtime.instance().logger.warn(what, { error });
    };
  const stopMaintenance = startMaintenance(providers, warnOf('the maintenance of a provider failed'));
  const stopWatching = serve.includes('host')
    ? watchEndings(providers, calls, warnOf('the end of an agent could not be reported'))
    : async () => undefined;

  const shutDown = () => {
    stopMaintenance();
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const ended = Promise.all(runs)
    .finally(shutDown)
    .finally(stopWatching)
    .then(() => native.close());
  const stop = () => {
    shutDown();
    return ended;
  };
  return { stop, ended };
}

/** Allows what DROVER_REFERENCES lists, and what the owner of the state directory has approved. */
function allowedHere({ references, stateDir }: Pick<Settings, 'references' | 'stateDir'>): AllowReference {
  return async (reference) => isApproved(stateDir, reference) || (await isListed(reference, references));
}

async function connect(options: NativeConnectionOptions): Promise<NativeConnection> {
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

function queueOptions(kind: QueueKind, { queuePrefix, host, maxCachedWorkflows, turnSlots }: Settings): WorkerOptions {
  switch (kind) {
    case 'main':
      return {
        taskQueue: queues.main(queuePrefix),
        // The SDK sizes its cache by the heap and expects small workflows; an agent holds up to 1.5
        // MiB of state.
        maxCachedWorkflows,
        // How long a workflow waits for its last worker: after a kill -9, people wait this long.
        stickyQueueScheduleToStartTimeout: '3s',
        ...UNINTERRUPTED,
        ...workflowCode(),
      };
    case 'turns':
      return {
        taskQueue: queues.turns(queuePrefix),
        maxConcurrentActivityTaskExecutions: turnSlots,
      };
    case 'monitor':
      return { taskQueue: queues.monitor(queuePrefix) };
    case 'host':
      return { taskQueue: queues.host(queuePrefix, host) };
  }
}

/**
 * The workflow bundle of the build. A bundle holds the part of the SDK that runs in the sandbox, so
 * beside another version of the SDK the workflows are bundled here, which takes a second or two.
 */
function workflowCode(): Partial<WorkerOptions> {
  const bundle = join(__dirname, 'workflow-bundle.js');
  return existsSync(bundle) && readFileSync(`${bundle}.sdk`, 'utf8') === sdkVersion()
    ? { workflowBundle: { codePath: bundle } }
    : {
        workflowsPath: join(__dirname, 'workflows'),
        interceptors: {
          workflowModules: [
            require.resolve('./workflows/sandbox/reserved-signals'),
            require.resolve('./workflows/sandbox/paced-signals'),
            require.resolve('./workflows/sandbox/bounded-summaries'),
          ],
        },
      };
}
