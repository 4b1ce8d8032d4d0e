/**
 * Compiles the scale run with its sources and starts it: `npm run scale -- --agents 1000 --idle-minutes 10`. With `--engine postgres` it runs
 * over a real engine.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startPostgresEngine } from './postgres/engine.mjs';
import { root } from './state.mjs';

/** The arguments without `--engine NAME`, and its name. */
function split(given) {
  const at = given.indexOf('--engine');
  if (at < 0) return { engine: 'embedded', others: given };
  return { engine: given[at + 1], others: given.toSpliced(at, 2) };
}

async function run({ engine, others }) {
  if (engine !== 'embedded' && engine !== 'postgres') throw new Error('use --engine embedded or --engine postgres');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.bench.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) return status ?? 1;
  const real = engine === 'postgres' ? await startPostgresEngine() : null;
  try {
    const pids = Object.entries(real?.pids ?? {}).flatMap(([name, pid]) => ['--process', `${name}=${pid}`]);
    const at = real === null ? [] : ['--address', real.address, ...pids];
    const main = join(root, '.cache/bench/bench/scale/main.js');
    const child = spawn(process.execPath, [main, root, ...at, ...others], { cwd: root, stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } finally {
    await real?.stop();
  }
}

process.exitCode = await run(split(process.argv.slice(2)));
