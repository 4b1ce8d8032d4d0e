import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireBinary } from '../../src/dev/binaries';
import { startEmbeddedServer } from '../../src/dev/embedded';
import { ensureSearchAttributes, isServing, retentionDays } from '../../src/dev/operator';
import { LOOPBACK, acceptsConnections, freePorts } from '../../src/dev/ports';
import { identify, isAlive } from '../../src/lib/process-identity';
import { startDevServer, type DevServerOptions } from '../../src/dev/server';
import { openStateDirectory } from '../../src/dev/state-dir';
import { until } from '../../src/lib/until';
import { shared } from '../support/shared';
import { PATIENCE_MS } from '../support/patience';

const binary = requireBinary('temporal', process.env);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-dev-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function options(more: Partial<DevServerOptions> = {}): DevServerOptions {
  const { supervisor } = shared();
  return {
    binary,
    ui: false,
    searchAttributes: { DroverFleet: 'Keyword' },
    logFile: join(folder, 'server.log'),
    supervisor,
    ...more,
  };
}

async function gone(pid: number): Promise<boolean> {
  return (await until(() => (identify(pid) ? undefined : true), PATIENCE_MS)) ?? false;
}

test('a started server keeps closed workflows for 30 days, has the search attributes, and ends when stopped', async () => {
  const server = await startDevServer(
    options({ searchAttributes: { DroverFleet: 'Keyword', DroverHolds: 'KeywordList' } }),
  );
  const target = { binary, address: server.address, namespace: server.namespace };
  expect(await retentionDays(target)).toBe(30);
  await expect(ensureSearchAttributes(target, { DroverHolds: 'Keyword' })).rejects.toThrow('has the type KeywordList');
  await server.stop();
  expect(identify(server.pid)).toBeUndefined();
});

test('what accepts connections does not serve yet', async () => {
  const listener = createServer((socket) => socket.destroy()).listen(0, LOOPBACK);
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  expect(await acceptsConnections(port)).toBe(true);
  expect(await isServing({ binary, address: `${LOOPBACK}:${port}`, namespace: 'default' })).toBe(false);
  listener.close();
  const server = await startDevServer(options());
  expect(await isServing({ binary, address: server.address, namespace: server.namespace })).toBe(true);
  await server.stop();
});

test('kill -9 of the parent ends the server', async () => {
  const { supervisor } = shared();
  const [port = 0] = await freePorts(1);
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const { spawn } = require('node:child_process');
       const child = spawn(process.execPath, process.argv.slice(1), { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
       child.stdout.pipe(process.stdout);`,
      ...[supervisor, binary, 'server', 'start-dev', '--headless', '--ip', LOOPBACK, '--port', String(port)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(await until(async () => (await acceptsConnections(port)) || undefined, PATIENCE_MS)).toBe(true);
  parent.kill('SIGKILL');
  expect(await gone(pid)).toBe(true);
});

test('a second start has the same ports and database, registers what is new, and ends an orphan first', async () => {
  const state = await openStateDirectory(join(folder, '.drover'));
  const orphanLog = join(folder, 'orphan.log');
  const args = [
    'server',
    'start-dev',
    '--headless',
    '--ip',
    LOOPBACK,
    '--port',
    String(state.ports.grpc),
    '--db-filename',
    state.dbFile,
  ];
  const orphan = spawn(binary, args, { stdio: ['ignore', openSync(orphanLog, 'w'), 'ignore'] });
  const identity = identify(orphan.pid ?? 0);
  if (!identity) throw new Error('the orphan did not start');
  writeFileSync(join(state.path, 'temporal.pid'), JSON.stringify(identity));
  expect(await until(async () => (await acceptsConnections(state.ports.grpc)) || undefined, PATIENCE_MS)).toBe(true);

  const { supervisor } = shared();
  const server = await startEmbeddedServer(state, {
    binary,
    searchAttributes: { DroverFleet: 'Keyword' },
    supervisor,
    notice: () => undefined,
  });
  expect(isAlive(identity)).toBe(false);
  expect(server.address).toBe(`${LOOPBACK}:${state.ports.grpc}`);
  const page = await fetch(server.webUi ?? '');
  expect(page.status).toBe(200);
  await server.stop();
  expect((await openStateDirectory(state.path)).ports).toEqual(state.ports);
});

describe('a start that cannot work says why in one sentence', () => {
  test('a port is taken', async () => {
    const other = createServer().listen(0, LOOPBACK);
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const [ui = 0] = await freePorts(1);
    await expect(startDevServer(options({ ports: { grpc: port, ui } }))).rejects.toThrow(
      `Port ${port} (Temporal's gRPC) is taken by another program`,
    );
    other.close();
  });

  test('no binary', async () => {
    await expect(startDevServer(options({ binary: join(folder, 'nothing') }))).rejects.toThrow('No binary at');
  });

  test('the file is not a database', async () => {
    const dbFile = join(folder, 'temporal.db');
    writeFileSync(dbFile, 'not a database, but long enough to be read as the header of one'.repeat(100));
    await expect(startDevServer(options({ dbFile }))).rejects.toThrow('is damaged or not a database');
  });
});
