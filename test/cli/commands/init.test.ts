/** `drover init` writes what is missing, and nothing over another file. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFleetFile } from '../../../src/cli/files/fleet-file';

const DROVER = join(__dirname, '../../../bin/drover.js');
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'drover-init-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const init = (...args: string[]): string =>
  spawnSync('sh', ['-c', '"$0" "$@" 2>&1', process.execPath, DROVER, 'init', ...args], {
    cwd: folder,
    encoding: 'utf8',
  }).stdout;

/** Every file with its text and the time of its last change. */
const content = (): object =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, [readFileSync(join(folder, name), 'utf8'), statSync(join(folder, name)).mtimeMs]]),
  );

test.each([
  ['node', ['.gitignore', 'agent.mjs', 'agent.test.mjs', 'fleet.yaml']],
  ['typescript', ['.gitignore', 'agent.test.ts', 'agent.ts', 'fleet.yaml', 'tsconfig.json']],
  ['python', ['.gitignore', 'agent.py', 'agent.test.mjs', 'drover_agent', 'fleet.yaml']],
  ['command', ['.gitignore', 'agent.mjs', 'agent.test.mjs', 'fleet.yaml']],
  ['claude-code', ['.gitignore', 'agent.test.mjs', 'fleet.yaml']],
  ['codex', ['.gitignore', 'agent.test.mjs', 'fleet.yaml']],
])('template %s: a valid fleet, three commands, and no change by a second time', async (template, files) => {
  const output = init('--template', template);
  expect(readdirSync(folder).sort()).toEqual(files.sort());
  const { file, warnings } = await loadFleetFile(join(folder, 'fleet.yaml'));
  expect([file.metadata.name, file.spec.agents.length, warnings]).toEqual(['hello', 1, []]);
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toContain('.drover/');
  expect(output.match(/^(?:npx drover|node) .*/gm)).toHaveLength(3);
  expect(output).toContain('the package drover is not installed in this folder: npm install');

  const before = content();
  expect(init('--template', template)).toContain('fleet.yaml is here already; nothing is written');
  expect(init('--template', 'python')).toContain('nothing is written');
  expect(content()).toEqual(before);
});

test('a file that is there stays as it is, behind a link too', () => {
  writeFileSync(join(folder, 'elsewhere'), 'mine');
  symlinkSync('elsewhere', join(folder, 'agent.mjs'));
  symlinkSync('nowhere', join(folder, '.gitignore'));
  const output = init();
  expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('mine');
  expect(output).toContain('kept agent.mjs');
  expect(output).toContain('kept .gitignore');
  expect(readdirSync(folder)).not.toContain('nowhere');
  expect(readdirSync(folder)).toContain('fleet.yaml');
});

test('an unknown template is refused with the known ones', () => {
  expect(init('--template', 'cobol')).toMatch(/node.*typescript.*python.*command/);
  expect(readdirSync(folder)).toEqual([]);
});
