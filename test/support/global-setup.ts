/** Starts what the whole test run shares. The server is supervised: it ends with this process, however that ends. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformFileSync } from '@swc/core';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';
import { requireBinary } from '../../src/dev/binaries';
import { startDevServer } from '../../src/dev/server';
import { share } from './shared';

/** The parts that the global teardown ends; both run in the same process. */
export const running: { stop: (() => Promise<void>)[]; folder: string } = { stop: [], folder: '' };

const root = join(__dirname, '../..');

/** Jest calls it once, before the first test file. */
export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-test-'));
  const supervisor = compileSupervisor(folder);
  const bundle = join(folder, 'workflow-bundle.js');
  const [dev, bundleError] = await Promise.all([engine(folder, supervisor), bundleWorkflows(bundle)]);
  running.folder = folder;
  running.stop = [dev.stop];
  share({ devServer: dev.address, folder, bundle, bundleError, supervisor });
}

/** The server that `DROVER_TEST_TEMPORAL` names (`npm run test:postgres`), else a development server of this run. */
async function engine(folder: string, supervisor: string): Promise<{ address: string; stop: () => Promise<void> }> {
  const given = process.env['DROVER_TEST_TEMPORAL'];
  if (given) return { address: given, stop: async () => undefined };
  return startDevServer({
    binary: requireBinary('temporal', process.env),
    ui: false,
    searchAttributes: SEARCH_ATTRIBUTES,
    logFile: join(folder, 'dev-server.log'),
    supervisor,
  });
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

async function bundleWorkflows(bundle: string): Promise<string | null> {
  try {
    await promisify(execFile)(process.execPath, [join(root, 'scripts/bundle.mjs'), bundle]);
    return null;
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error);
  }
}
