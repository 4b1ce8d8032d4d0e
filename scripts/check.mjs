/**
 * Everything that `npm run check` checks, with one line for each; the output of what fails follows
 * its line. What a check has found is kept in .cache/check, so that a second run looks only at what
 * has changed; `npm run check -- --fresh` starts without.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { contents, root } from './state.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);
const cache = join(root, '.cache/check');

if (process.argv.includes('--fresh')) rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });

const CHECKS = [
  ['types', bin('tsc'), ['--noEmit', '--incremental', '--tsBuildInfoFile', join(cache, 'tsbuildinfo')]],
  ['screens', bin('tsc'), ['-p', join(root, 'src/dashboard')]],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0', ...cached(lintCache())]],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', ...cached(join(cache, 'prettier')), '.']],
  ['imports', bin('depcruise'), ['src', '--output-type', 'err']],
  ['unused', bin('knip'), ['--no-progress']],
  ['releases', process.execPath, [join(root, 'scripts/frozen.mjs')]],
  ['words', process.execPath, [join(root, 'scripts/words.mjs'), '--list']],
  ['exports', process.execPath, [join(root, 'scripts/exports.mjs')]],
  ['api', bin('typedoc'), ['--emit', 'none']],
  ['bundle', process.execPath, [join(root, 'scripts/check-bundle.mjs')]],
  ['openapi', process.execPath, [join(root, 'scripts/check-openapi.mjs')]],
  ['packages', process.execPath, [join(root, 'scripts/check-packages.mjs')]],
];

function cached(file) {
  return ['--cache', '--cache-strategy', 'content', '--cache-location', file];
}

/**
 * The findings of the linter's typed rules about one file depend on the types of others. A cache is
 * therefore good for one state of all code and no other; it spares the second run.
 */
function lintCache() {
  const name = `eslint-${contents().slice(0, 16)}`;
  const others = readdirSync(cache).filter((file) => file.startsWith('eslint-') && file !== name);
  for (const file of others) rmSync(join(cache, file), { force: true });
  return join(cache, name);
}

function run([name, command, args]) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code, signal) => {
      if (signal !== null) output += `it was ended by ${signal}`;
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
