/**
 * A real engine on this machine: PostgreSQL and Temporal's server over it, on free ports, in a folder of their own, until `stop`. Both end
 * with this process, however that ends.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresPrograms, temporalPrograms } from './programs.mjs';
import { DATABASES, DYNAMIC, PORTS, serverSettings } from './settings.mjs';

const require = createRequire(import.meta.url);
/** PostgreSQL's superuser here; it listens on loopback only. */
const USER = 'postgres';
/** Starting takes seconds, and several times that on a busy machine. */
const START_LIMIT_MS = 180_000;

/** Starts both; resolves with the address of Temporal and the processes when Drover can use it. */
export async function startPostgresEngine() {
  const { freePorts } = require('../../dist/dev/ports.js');
  const postgres = postgresPrograms();
  const temporal = temporalPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'drover-postgres-'));
  const started = [];
  const stop = async () => {
    for (const one of started.splice(0).reverse()) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [port, ...ports] = await freePorts(1 + PORTS);
    const database = await startDatabase(postgres, folder, port);
    started.push(database);
    createSchemas(temporal.schemaTool, port);
    const server = await startServer(temporal.server, folder, port, ports);
    started.push(server);
    const address = `127.0.0.1:${ports[0]}`;
    await prepareNamespace(address, server);
    return { address, pids: { postgres: database.pid, temporal: server.pid }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDatabase(programs, folder, port) {
  const data = join(folder, 'data');
  mkdirSync(data);
  const asUser = unprivileged(folder, data);
  run([...asUser, join(programs, 'initdb'), '-D', data, '-U', USER, '--auth=trust', '--encoding=UTF8', '--locale=C']);
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100'];
  const command = [...asUser, join(programs, 'postgres'), '-D', data, ...settings.flatMap((text) => ['-c', text])];
  const database = await supervised(command, join(folder, 'postgres.log'));
  await until('PostgreSQL accepts no connection', database, () => {
    const ready = [join(programs, 'pg_isready'), '-q', '-h', '127.0.0.1', '-p', String(port)];
    return spawnSync(ready[0], ready.slice(1)).status === 0;
  });
  return database;
}

/** PostgreSQL refuses to run as root; Debian's package made a user for it. */
function unprivileged(folder, data) {
  if (process.getuid?.() !== 0) return [];
  const id = (flag) => Number(spawnSync('id', [flag, USER], { encoding: 'utf8' }).stdout);
  chmodSync(folder, 0o711);
  chownSync(data, id('-u'), id('-g'));
  return ['/usr/bin/setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--init-groups'];
}

function createSchemas(schemaTool, port) {
  const at = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '--port', String(port), '--user', USER];
  for (const [kind, name] of [
    ['temporal', DATABASES.store],
    ['visibility', DATABASES.visibility],
  ]) {
    const tool = (...args) => run([schemaTool, ...at, '--db', name, ...args]);
    tool('create-database', '--defaultdb', 'postgres');
    tool('setup-schema', '--version', '0.0');
    tool('update-schema', '--schema-name', `postgresql/v12/${kind}`);
  }
}

function startServer(binary, folder, postgres, ports) {
  const [file, dynamicFile] = [join(folder, 'server.yaml'), join(folder, 'dynamic.yaml')];
  writeFileSync(dynamicFile, JSON.stringify(DYNAMIC));
  writeFileSync(file, JSON.stringify(serverSettings({ ports, postgres, user: USER, dynamicFile })));
  return supervised([binary, '--config-file', file, '--allow-no-auth', 'start'], join(folder, 'temporal.log'));
}

/** The namespace with Drover's search attributes, as an operator makes it (docs/production.md). */
async function prepareNamespace(address, server) {
  const { requireBinary } = require('../../dist/dev/binaries.js');
  const { createNamespace, ensureSearchAttributes, isServing } = require('../../dist/dev/operator.js');
  const { SEARCH_ATTRIBUTES } = require('../../dist/contract/names.js');
  const target = { binary: requireBinary('temporal', process.env), address, namespace: 'default' };
  await until('Temporal does not serve', server, () => isServing(target));
  await createNamespace(target, 30);
  // The server learns of a new namespace within ten seconds.
  await until('the search attributes are not registered', server, () =>
    ensureSearchAttributes(target, SEARCH_ATTRIBUTES).then(
      () => true,
      () => false,
    ),
  );
}

async function supervised([binary, ...args], logFile) {
  const { supervise } = require('../../dist/dev/supervise.js');
  return supervise(binary, args, { logFile });
}

async function until(otherwise, { running, exited }, isSo) {
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await isSo())) {
    if (!running()) throw new Error(`${otherwise}: ${await exited}`);
    if (performance.now() > limit) throw new Error(`${otherwise} after ${START_LIMIT_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function run([command, ...args]) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  const why = error?.message ?? `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n');
  throw new Error(`${command} ${args.join(' ')} failed: ${why}`);
}
