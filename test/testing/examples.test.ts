/** The examples of docs/testing.md as users run them: by node:test, with the built package. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folder = join(__dirname, '../../examples/testing');
const files = readdirSync(folder).filter((file) => file.endsWith('.test.mjs'));

test('the five promises are five tests of fewer than 30 lines', () => {
  expect(files.sort()).toEqual(['identity', 'liveness', 'orphan', 'race', 'switch'].map((name) => `${name}.test.mjs`));
  for (const file of files) expect(readFileSync(join(folder, file), 'utf8').split('\n').length).toBeLessThan(31);
});

test('node:test passes for all of them, in one process', async () => {
  const imports = files.map((file) => `import ${JSON.stringify(join(folder, file))};`).join('\n');
  const args = ['--test-reporter=tap', '--input-type=module', '-e', imports];
  // Node's test runner takes a process with this variable for one of its own children.
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
  // A test that fails makes the command fail; what it printed says which one, and why.
  const { stdout } = await promisify(execFile)(process.execPath, args, { env }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toContain(`\n# pass ${String(files.length)}\n`);
  expect(stdout).toContain('\n# fail 0\n');
});
