/** The Temporal server of `drover up`: one per state directory, also after everything was killed. */
import { join } from 'node:path';
import { identify, isAlive } from './process-identity';
import { startDevServer, type DevServer, type DevServerOptions } from './server';
import { owned, writePrivate, type StateDirectory } from './state-dir';
import { until } from './until';

/** A server closes its database within this, else it is killed. */
const STOP_LIMIT_MS = 5_000;

/** Ends what an earlier run left, then starts the server with the directory's database and ports. The caller holds the lock. */
export async function startEmbeddedServer(
  state: StateDirectory,
  options: Pick<DevServerOptions, 'binary' | 'searchAttributes' | 'namespace' | 'supervisor'>,
): Promise<DevServer> {
  await endOrphan(state.path);
  const server = await startDevServer({
    ...options,
    dbFile: state.dbFile,
    ports: state.ports,
    ui: true,
    logFile: state.serverLog,
  });
  const identity = identify(server.pid);
  if (identity) writePrivate(serverFile(state.path), JSON.stringify(identity));
  return server;
}

/** An old server that outlived its supervisor still holds the database and the ports. */
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
