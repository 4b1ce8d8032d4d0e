/** `drover/testing` of the packed file, in a project of vitest and in a file of node:test. */
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installedFolder, run } from './support/packed';

/** Installing 240 packages takes half a minute, and minutes on a slow network. */
const INSTALL_MS = 600_000;
/** The newest of 3.x, which runs on the oldest Node that Drover supports. */
const VITEST = 'vitest@3.2.4';

let folder: string;
beforeAll(() => {
  folder = installedFolder();
  cpSync(join(__dirname, 'fixture/kit'), folder, { recursive: true });
  // A text there, because the compiler of this repository would read it too.
  renameSync(join(folder, 'desk.spec.ts.txt'), join(folder, 'desk.spec.ts'));
}, INSTALL_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Under CI vitest colours its words.
const PLAIN_VITEST = ['NO_COLOR=1', 'npx', 'vitest', 'run', 'desk.spec.ts'];

const wrong = (command: string, args: readonly string[]) => () =>
  run(folder, 'env', ['EXPECTED=something else', command, ...args]);

test(
  'a file of node:test passes; with a wrong expectation it fails, and ends',
  () => {
    expect(run(folder, 'node', ['--test', 'desk.test.mjs'])).toMatch(/^# pass 2$/m);
    expect(wrong('node', ['--test', 'desk.test.mjs'])).toThrow(/^# fail 1$/m);
  },
  INSTALL_MS,
);

test(
  'a project of vitest passes, with types; with a wrong expectation it fails, and ends',
  () => {
    run(folder, 'npm', ['install', '--no-audit', '--no-fund', VITEST]);
    expect(run(folder, 'env', PLAIN_VITEST)).toMatch(/Tests\s+2 passed/);
    expect(wrong('env', PLAIN_VITEST)).toThrow(/Tests\s+1 failed \| 1 passed/);
  },
  INSTALL_MS,
);
