/** Everything that `npm run check` checks, with one line for each; the output of what fails follows its line. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './state.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);

const CHECKS = [
  ['types', bin('tsc'), ['--noEmit']],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['imports', bin('depcruise'), ['src', '--output-type', 'err']],
  ['unused', bin('knip'), ['--no-progress']],
  ['bundle', process.execPath, [join(root, 'scripts/check-bundle.mjs')]],
];

function run([name, command, args]) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name.padEnd(8)} ${seconds} s`);
      if (code !== 0) console.log(output.trimEnd());
      resolve(code === 0);
    });
  });
}

/** Two at a time: more would only take turns on a small machine. */
const waiting = [...CHECKS];
const results = [];
async function worker() {
  for (let check = waiting.shift(); check; check = waiting.shift()) results.push(await run(check));
}
await Promise.all([worker(), worker()]);

const failed = results.filter((ok) => !ok).length;
console.log(`check: ${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
