/**
 * The Temporal server of `drover up`: one per state directory, even after everything was killed.
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileProblem } from '../lib/kept-file';
import { owned, record } from './claim';
import { identify, isAlive } from '../lib/process-identity';
import { freePorts, isFree } from './ports';
import { startDevServer, type DevServer, type DevServerOptions } from './server';
import { hasAgents, keepPorts, type Ports, type StateDirectory } from './state-dir';
import { until } from '../lib/until';

/** The time for a server to close its database before it is killed. */
const STOP_LIMIT_MS = 5_000;

/** Options of the embedded server; `notice` receives messages for people. */
export interface EmbeddedOptions extends Pick<
  DevServerOptions,
  'binary' | 'searchAttributes' | 'namespace' | 'supervisor'
> {
  readonly notice: (sentence: string) => void;
}

/**
 * Ends a server of an earlier run, then starts one with the directory's database and ports. The
 * caller holds the lock.
 */
export async function startEmbeddedServer(
  state: StateDirectory,
  { notice, ...options }: EmbeddedOptions,
): Promise<DevServer> {
  await endOrphan(state.path);
  removeUnbegun(state);
  const server = await startDevServer({
    ...options,
    dbFile: state.dbFile,
    ports: await freeOfOthers(state, notice),
    ui: true,
    logFile: state.serverLog,
  });
  const identity = identify(server.pid);
  if (identity) record(serverFile(state.path), identity);
  return server;
}

/**
 * No running agent knows Temporal's ports. So if another program has taken one, a new port is
 * chosen and kept.
 */
async function freeOfOthers(state: StateDirectory, notice: (sentence: string) => void): Promise<Ports> {
  const kept = state.ports;
  const [grpcFree, uiFree] = [await isFree(kept.grpc), await isFree(kept.ui)];
  if (grpcFree && uiFree) return kept;
  const [grpc = 0, ui = 0] = await freePorts(2);
  const ports = { ...kept, grpc: grpcFree ? kept.grpc : grpc, ui: uiFree ? kept.ui : ui };
  keepPorts(state.path, ports);
  if (!grpcFree) notice(movedPort(kept.grpc, 'Temporal', ports.grpc));
  if (!uiFree) notice(movedPort(kept.ui, "Temporal's Web UI", ports.ui));
  return ports;
}

function movedPort(from: number, what: string, to: number): string {
  return `port ${String(from)} (${what}) is taken by another program: from now on it is ${String(to)}`;
}

/**
 * Removes an empty database, as a killed first start leaves it. If the directory has agents, the
 * database was lost, and this throws.
 */
function removeUnbegun({ dbFile, path }: StateDirectory): void {
  const isEmpty = sizeOf(dbFile) === 0 && (sizeOf(`${dbFile}-wal`) ?? 0) === 0;
  if (!isEmpty) return;
  if (hasAgents(path)) {
    throw new FileProblem(
      dbFile,
      'is empty: its fleets and agents are lost. Restore it from a copy, or move it away to start again; ' +
        'drover gc then finds agents that still run',
    );
  }
  rmSync(dbFile);
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

/** Ends a server that outlived its supervisor, since it still holds the database and the ports. */
export async function endOrphan(folder: string): Promise<void> {
  const server = owned(serverFile(folder));
  if (!server || !isAlive(server)) return;
  process.kill(server.pid, 'SIGTERM');
  const gone = await until(() => (isAlive(server) ? undefined : true), STOP_LIMIT_MS);
  if (gone) return;
  process.kill(server.pid, 'SIGKILL');
  await until(() => (isAlive(server) ? undefined : true), STOP_LIMIT_MS);
}

const serverFile = (folder: string) => join(folder, 'temporal.pid');
