/**
 * Compiles the scale run with its sources and starts it: `npm run scale -- --agents 1000 --idle-minutes 10`.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './state.mjs';

const options = { cwd: root, stdio: 'inherit' };
try {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.bench.json'], options);
  const main = join(root, '.cache/bench/bench/scale/main.js');
  execFileSync(process.execPath, [main, root, ...process.argv.slice(2)], options);
} catch (error) {
  process.exit(error.status ?? 1);
}
