import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const state = join(__dirname, '../../scripts/state.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-setup-'));
  mkdirSync(join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The set-up runs before any TypeScript can, so it is asked in a Node of its own. */
function isInstalled(lock: object, installed?: object): boolean {
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: lock }));
  if (installed)
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
  const script = `import(${JSON.stringify(state)}).then(({ isInstalled }) => console.log(isInstalled(process.argv[1])))`;
  return execFileSync(process.execPath, ['-e', script, folder], { encoding: 'utf8' }).trim() === 'true';
}

const a = { 'node_modules/a': { integrity: '1' } };

test.each([
  ['nothing was ever installed', a, undefined, false],
  ['the same', { '': {}, ...a }, a, true],
  ['a package is missing', { ...a, 'node_modules/b': { integrity: '2' } }, a, false],
  ['a package for other platforms is missing', { ...a, 'node_modules/b': { integrity: '2', optional: true } }, a, true],
  ['another version', { 'node_modules/a': { integrity: '2' } }, a, false],
  ['a package too many', {}, a, false],
])('%s', (_what, lock, installed, expected) => {
  expect(isInstalled(lock, installed)).toBe(expected);
});
