/**
 * Compiles the benches with their sources and runs the named rows: `npm run bench -- start beat`.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './state.mjs';

const options = { cwd: root, stdio: 'inherit' };
try {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.bench.json'], options);
  execFileSync(process.execPath, [join(root, '.cache/bench/bench/main.js'), root, ...process.argv.slice(2)], options);
} catch (error) {
  process.exit(error.status ?? 1);
}
