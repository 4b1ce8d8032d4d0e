/** A Temporal development server that ends with the process that started it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { basename, dirname, join, resolve } from 'node:path';
import { isDiskFull } from '../lib/disk';
import { problem, readKept } from '../lib/kept-file';
import { ensureSearchAttributes, isServing, setRetention, type SearchAttributes } from './operator';
import { LOOPBACK, acceptsConnections, freePorts, requireFreePort } from './ports';
import { until } from '../lib/until';

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

/** Any supervised process, such as the time-skipping server of the tests. */
export interface Supervised {
  readonly pid: number;
  readonly stop: () => Promise<void>;
  readonly exited: Promise<string>;
  /** False as soon as the process has ended. */
  readonly running: () => boolean;
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
const PORT_TAKEN = 'another program took one of its ports during the start. Start again.';

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

/** Starts a program under the supervisor, so that it ends with this process, even after kill -9. */
export async function supervise(
  binary: string,
  args: readonly string[],
  {
    logFile,
    supervisor = join(__dirname, 'supervisor.js'),
    cwd = process.cwd(),
  }: { readonly logFile: string; readonly supervisor?: string; readonly cwd?: string },
): Promise<Supervised> {
  if (!existsSync(binary)) throw new Error(`No binary at ${binary}.`);
  const log = openLog(logFile);
  const child = spawn(process.execPath, [resolve(supervisor), resolve(binary), ...args], {
    cwd,
    stdio: ['pipe', 'pipe', log],
    detached: true,
  });
  closeSync(log);
  let running = true;
  const exited = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      running = false;
      resolve(`${binary} ended with ${signal ?? code}; its log is ${logFile}`);
    });
  });
  const pid = await Promise.race([firstLine(child).then(Number), exited.then(() => Number.NaN)]);
  const stop = async () => {
    child.stdin?.end();
    await exited;
  };
  if (!Number.isInteger(pid)) throw new Error(`${binary} did not start: ${explain(logFile, binary)}`);
  return { pid, stop, exited, running: () => running };
}

function openLog(logFile: string): number {
  try {
    return openSync(logFile, 'w', 0o600);
  } catch (error) {
    throw problem(logFile, 'written', error);
  }
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

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the supervisor has no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  return '';
}

function diskFull(file: string): string {
  return `the disk that holds ${file} is full. Make room and start again.`;
}

/** The reason from the log, as one sentence that says what to do. */
function explain(logFile: string, file: string): string {
  const log = (readKept(logFile) ?? '').slice(-8_000);
  if (/version mismatch|newer version|incompatible.*version|no such column/i.test(log)) {
    return `${file} was written by another version of Temporal than this one. Use that version (DROVER_TEMPORAL), or move the file away to start from scratch.`;
  }
  // A full disk has no room for a log that says so.
  if (/database or disk is full|no space left on device/i.test(log) || isDiskFull(dirname(logFile))) {
    return diskFull(file);
  }
  if (/address already in use/i.test(log)) return PORT_TAKEN;
  if (/not a database|malformed/i.test(log))
    return `${file} is damaged or not a database. Move it away to start from scratch.`;
  if (/no such table/i.test(log)) {
    return `${file} is empty or incomplete. Move it away to start from scratch, without the fleets that it may have held.`;
  }
  if (/unable to open database/i.test(log)) return `${file} cannot be opened. Is it a file, and does this user own it?`;
  if (/read-?only/i.test(log)) return `${file} cannot be written: the file or its file system is read-only.`;
  if (/database is locked/i.test(log)) return `${file} is in use by another server.`;
  return `the end of its log (${logFile}) is:\n${log.trim().split('\n').slice(-5).join('\n')}`;
}
