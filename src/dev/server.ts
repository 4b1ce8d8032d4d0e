/** A Temporal development server that ends with the process that started it. */
import { basename, dirname } from 'node:path';
import { isDiskFull } from '../lib/disk';
import { ensureSearchAttributes, isServing, setRetention, type SearchAttributes } from './operator';
import { LOOPBACK, acceptsConnections, freePorts, requireFreePort } from './ports';
import { until } from '../lib/until';
import { type Supervised, PORT_TAKEN, supervise, diskFull, explain } from './supervise';

/** Options of a development server. */
export interface DevServerOptions {
  /** Path of the `temporal` binary. */
  readonly binary: string;
  /** The database file; without one all data is in memory and lost with the server. */
  readonly dbFile?: string;
  /** Free ports are chosen unless given. */
  readonly ports?: { readonly grpc: number; readonly ui: number };
  readonly namespace?: string;
  readonly ui: boolean;
  readonly searchAttributes: SearchAttributes;
  /**
   * How long closed workflows are kept. Temporal's own default for a development server is one day.
   */
  readonly retentionDays?: number;
  /** The file for the server's output; also read to explain a failed start. */
  readonly logFile: string;
  /** The compiled supervisor; the one beside this module unless given. */
  readonly supervisor?: string;
}

/** A running server. */
export interface DevServer {
  /** Host and port of gRPC. */
  readonly address: string;
  readonly namespace: string;
  /** URL of Temporal's Web UI, or null. */
  readonly webUi: string | null;
  /** The server's own process. */
  readonly pid: number;
  /** Ends the server and resolves when it has ended. */
  readonly stop: () => Promise<void>;
  /** Resolves with a message when the server has ended for any reason. */
  readonly exited: Promise<string>;
}

/**
 * The time for a start: it takes seconds on a busy machine, and a server that needs longer never
 * starts.
 */
const START_LIMIT_MS = 60_000;

/**
 * The server also chooses ports of its own, which another program may take before it listens; then
 * a new start helps.
 */
const DRAWS = 3;
/**
 * Starts the server and resolves when it serves the namespace, with its retention and its search
 * attributes.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  for (let draw = 1; ; draw += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      const isUnlucky = error instanceof Error && error.message.endsWith(PORT_TAKEN);
      if (!isUnlucky || draw === DRAWS) throw error;
    }
  }
}

async function startOnce(options: DevServerOptions): Promise<DevServer> {
  const { binary, namespace = 'default', retentionDays = 30, searchAttributes } = options;
  const { grpc, ui } = options.ports ?? (await choosePorts());
  await requireFreePort(grpc, "Temporal's gRPC");
  if (options.ui) await requireFreePort(ui, "Temporal's Web UI");

  const args = [
    'server',
    'start-dev',
    '--ip',
    LOOPBACK,
    '--port',
    String(grpc),
    '--namespace',
    namespace,
    '--log-level',
    'warn',
    // A worker gets its own activity with the answer to the workflow task: one round trip less for
    // every provider call.
    '--dynamic-config-value',
    'system.enableActivityEagerExecution=true',
    // The queue for workflow tasks and signals is read 20 times a second by default. After a burst
    // of some twenty, each step of a workflow would take 40 ms longer.
    '--dynamic-config-value',
    'history.transferProcessorMaxPollRPS=1000',
    // The same for timers. By default they are also read a second late, in case servers' clocks
    // differ; here is one server.
    '--dynamic-config-value',
    'history.timerProcessorMaxPollRPS=1000',
    '--dynamic-config-value',
    'history.timerProcessorMaxTimeShift="50ms"',
    // Lists report a failing workflow task (TemporalReportedProblems) after two failures in a row,
    // some ten seconds, instead of five. The task of a killed worker fails once.
    '--dynamic-config-value',
    'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2',
  ];
  args.push(...(options.ui ? ['--ui-port', String(ui)] : ['--headless']));
  // Only the file name, in its directory: the server turns a path into a URI, in which # ? and %
  // have another meaning. With these pragmas SQLite is 2 to 11 times faster than by default, and a
  // killed server still loses nothing acknowledged.
  if (options.dbFile)
    args.push(
      '--db-filename',
      basename(options.dbFile),
      '--sqlite-pragma',
      'journal_mode=WAL',
      '--sqlite-pragma',
      'synchronous=NORMAL',
    );

  const cwd = options.dbFile === undefined ? process.cwd() : dirname(options.dbFile);
  const server = await supervise(binary, args, { ...options, cwd });
  const address = `${LOOPBACK}:${grpc}`;
  try {
    await waitForPort(server, grpc, options);
    const target = { binary, address, namespace };
    await waitUntil(server, () => isServing(target), 'it does not serve', options);
    await Promise.all([setRetention(target, retentionDays), ensureSearchAttributes(target, searchAttributes)]);
  } catch (error) {
    await server.stop();
    const { dbFile } = options;
    // A server on a full disk starts, but its commands fail.
    if (dbFile !== undefined && isDiskFull(dirname(dbFile))) {
      throw new Error(`Temporal's server did not start: ${diskFull(dbFile)}`, { cause: error });
    }
    throw error;
  }
  return {
    address,
    namespace,
    webUi: options.ui ? `http://${LOOPBACK}:${ui}` : null,
    pid: server.pid,
    stop: server.stop,
    exited: server.exited,
  };
}

/** The options that explain a failed start. */
type StartedWith = Pick<DevServerOptions, 'binary' | 'logFile' | 'dbFile'>;

/** Resolves when the server accepts connections; throws with the reason if it ends instead. */
export function waitForPort(server: Supervised, port: number, options: StartedWith): Promise<void> {
  return waitUntil(server, () => acceptsConnections(port), `it does not listen on port ${port}`, options);
}

async function waitUntil(
  server: Supervised,
  isSo: () => Promise<boolean>,
  otherwise: string,
  { binary, logFile, dbFile }: StartedWith,
): Promise<void> {
  const outcome = await until(async () => {
    if (!server.running()) return 'ended' as const;
    return (await isSo()) ? ('ready' as const) : undefined;
  }, START_LIMIT_MS);
  if (outcome === 'ready') return;
  const limit = `${otherwise} after ${START_LIMIT_MS / 1000} s`;
  throw new Error(
    `Temporal's server did not start: ${outcome === 'ended' ? explain(logFile, dbFile ?? binary) : limit}`,
  );
}

async function choosePorts(): Promise<{ grpc: number; ui: number }> {
  const [grpc = 0, ui = 0] = await freePorts(2);
  return { grpc, ui };
}
