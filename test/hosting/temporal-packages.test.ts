/** Temporal's packages: one native core in a process, in versions that Drover works with. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import '@temporalio/worker';
import { loadedCores, packageProblems, requireOneCore, sdkVersion } from '../../src/hosting/temporal-packages';
import { peerRanges } from '../../src/version';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'drover-packages-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('this process has loaded one core, and a second one is refused with both paths', () => {
  const cores = loadedCores();
  expect(cores).toHaveLength(1);
  expect(() => requireOneCore()).not.toThrow();
  expect(() => requireOneCore([...cores, '/other/core-bridge/index.node'])).toThrow(
    /^this process has loaded Temporal's native core 2 times \(.*, \/other\/core-bridge\/index\.node\): install one version/,
  );
});

test('the packages of this checkout are as package.json wants them', () => {
  expect(Object.keys(peerRanges()).length).toBeGreaterThan(5);
  expect(packageProblems(peerRanges(), process.cwd())).toEqual([]);
  expect(packageProblems(peerRanges(), folder)).toEqual([]);
});

test.each([
  ['another major version', '^2.0.0', /^is \d.* in .*: npm install "@temporalio\/client@\^2\.0\.0"$/],
  ['a newer minor version', '^1.9999.0', /^is \d/],
  ['a newer patch', `^${sdkVersion()}9`, /^is \d/],
])('%s is asked for', (_title, range, problem) => {
  expect(packageProblems({ '@temporalio/client': range }, folder)).toEqual([
    { name: '@temporalio/client', problem: expect.stringMatching(problem) as unknown },
  ]);
});

test('a missing package is named with the command that installs it', () => {
  expect(packageProblems({ '@temporalio/absent': '^1.24.0' }, folder)).toEqual([
    { name: '@temporalio/absent', problem: 'is not installed: npm install "@temporalio/absent@^1.24.0"' },
  ]);
});

test('a core of its own in the folder of the program is found', () => {
  for (const name of ['worker', 'core-bridge']) {
    const to = join(folder, 'node_modules/@temporalio', name, 'package.json');
    mkdirSync(dirname(to), { recursive: true });
    cpSync(require.resolve(`@temporalio/${name}/package.json`), to);
  }
  writeFileSync(join(folder, 'package.json'), '{}');
  const [found, ...others] = packageProblems(peerRanges(), folder);
  expect(others).toEqual([]);
  expect(found?.name).toBe('@temporalio/core-bridge');
  expect(found?.problem).toContain(join(folder, 'node_modules/@temporalio/core-bridge'));
});
