/**
 * Prepares a checkout with Node alone: packages, build, Temporal's binaries. Skips every step that
 * has nothing to do. `npm start` runs it, and `npm test` with --test (the tests also need the
 * time-skipping server).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isBuilt, isInstalled, root } from './state.mjs';

const require = createRequire(import.meta.url);
const lock = join(root, '.setup.lock');

/**
 * Runs a command with its output on stderr, since stdout belongs to the command after the set-up.
 */
function run(command, args, failure) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(error ? `${failure} (${error.message})` : failure);
}

async function step(name, work) {
  const started = performance.now();
  console.error(`drover: ${name} …`);
  await work();
  console.error(`drover: ${name} took ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The process that holds the lock; undefined while it is being written or just released. */
function lockOwner() {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** One set-up at a time: a second one waits until the first has ended, then finds nothing to do. */
async function exclusively(work) {
  for (let waiting = false; ;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = lockOwner();
    if (owner !== undefined && !isRunning(owner)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (owner !== undefined && !waiting) {
      console.error(`drover: another set-up (process ${owner}) is running; waiting for it`);
      waiting = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Needs the build, as src/dev/binaries.ts knows where binaries are. */
function missingBinaries(names) {
  const { findBinary } = require('../dist/dev/binaries.js');
  return names.filter((name) => !findBinary(name, process.env));
}

async function setUp(names) {
  const npm = process.env.npm_execpath;
  if (!isInstalled()) {
    await step('installing the packages', () =>
      run(
        npm ? process.execPath : 'npm',
        [...(npm ? [npm] : []), 'ci', '--no-audit', '--no-fund'],
        '`npm ci` failed; its output is above',
      ),
    );
  }
  if (!isBuilt()) {
    await step('building', () =>
      run(process.execPath, [join(root, 'scripts/build.mjs')], 'the build failed; its output is above'),
    );
  }
  for (const name of missingBinaries(names)) {
    const { obtainBinary } = require('../dist/dev/obtain.js');
    await step(`fetching ${name}`, async () => console.error(`  ${await obtainBinary(name, process.env)}`));
  }
}

function isReady(names) {
  return isInstalled() && isBuilt() && missingBinaries(names).length === 0;
}

const names = process.argv.includes('--test') ? ['temporal', 'temporal-test-server'] : ['temporal'];
try {
  if (!isReady(names)) await exclusively(() => setUp(names));
} catch (error) {
  console.error(`drover: ${error.message}`);
  process.exit(1);
}
