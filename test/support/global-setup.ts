/** Starts what the whole test run shares. Each server is supervised: it ends with this process, however that ends. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformFileSync } from '@swc/core';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';
import { requireBinary } from '../../src/dev/binaries';
import { LOOPBACK, freePorts } from '../../src/dev/ports';
import { startDevServer, supervise, waitForPort, type Supervised } from '../../src/dev/server';
import { share } from './shared';

/** What the global teardown ends; both run in the same process. */
export const running: { stop: (() => Promise<void>)[]; folder: string } = { stop: [], folder: '' };

const root = join(__dirname, '../..');

/** Jest calls it once, before the first test file. */
export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-test-'));
  const supervisor = compileSupervisor(folder);
  const bundle = join(folder, 'workflow-bundle.js');
  const [dev, timeSkipping, bundleError] = await Promise.all([
    startDevServer({
      binary: requireBinary('temporal', process.env),
      ui: false,
      searchAttributes: SEARCH_ATTRIBUTES,
      logFile: join(folder, 'dev-server.log'),
      supervisor,
    }),
    startTimeSkipping(folder, supervisor),
    bundleWorkflows(bundle),
  ]);
  running.folder = folder;
  running.stop = [dev.stop, timeSkipping.server.stop];
  share({ devServer: dev.address, timeSkipping: timeSkipping.address, folder, bundle, bundleError, supervisor });
}

/** Node runs no TypeScript, and the supervisor is a process of its own. */
function compileSupervisor(folder: string): string {
  const { code } = transformFileSync(join(root, 'src/dev/supervisor.ts'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const file = join(folder, 'supervisor.js');
  writeFileSync(file, code);
  return file;
}

async function startTimeSkipping(folder: string, supervisor: string): Promise<{ server: Supervised; address: string }> {
  const [port = 0] = await freePorts(1);
  const binary = requireBinary('temporal-test-server', process.env);
  const logFile = join(folder, 'time-skipping-server.log');
  const server = await supervise(binary, [String(port)], { logFile, supervisor });
  await waitForPort(server, port, { binary, logFile });
  const address = `${LOOPBACK}:${port}`;
  const connection = await Connection.connect({ address });
  // By number: KEYWORD is 2 and KEYWORD_LIST 7 in Temporal's IndexedValueType.
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, type === 'Keyword' ? 2 : 7]),
  );
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  await connection.close();
  return { server, address };
}

async function bundleWorkflows(bundle: string): Promise<string | null> {
  try {
    await promisify(execFile)(process.execPath, [join(root, 'scripts/bundle.mjs'), bundle]);
    return null;
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error);
  }
}
