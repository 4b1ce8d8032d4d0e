/** The pages about the edges name every call, setting, command and cell, and only those. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from '../src/contract/schemas/config';
import { CALLS } from '../src/contract/schemas/http';

const page = (name: string) => readFileSync(join(__dirname, '../docs', name), 'utf8');

it('docs/http.md names every call', () => {
  const text = page('http.md');
  // Siblings are written by their last word: "…/pause`, `resume`".
  const missing = Object.values(CALLS).filter(
    ({ path }) =>
      !text.includes(`${path}\``) &&
      !text.includes(`${path}\` (`) &&
      !text.includes(`\`${path.split('/').at(-1) ?? ''}\``),
  );
  expect(missing).toEqual([]);
});

it('every variable that a page names is one that the code reads', () => {
  const under = (folder: string, ending: string) =>
    readdirSync(join(__dirname, '..', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(ending))
      .map((name) => readFileSync(join(__dirname, '..', folder, name), 'utf8'));
  const names = (texts: readonly string[]) => new Set(texts.flatMap((text) => text.match(/\bDROVER_[A-Z_]+\b/g) ?? []));
  const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
  const told = names([...under('docs', '.md'), ...under('deploy', '.yaml'), readme]);
  // The library for Python, the suite that proves the protocol, and what prepares the tests read variables too.
  const tests = ['test/protocol', 'test/support'].flatMap((folder) => under(folder, '.ts'));
  const known = names([...under('src', '.ts'), ...under('python/src', '.py'), ...tests]);
  expect(told.size).toBeGreaterThan(10);
  expect([...told].filter((name) => !known.has(name))).toEqual([]);
});

it('docs/cli.md names every setting and every command', () => {
  const text = page('cli.md');
  for (const name of Object.keys(configSchema.shape)) expect(text).toContain(`\`${name}\``);
  const commands = [
    ...readFileSync(join(__dirname, '../src/cli/program.ts'), 'utf8').matchAll(/^ {2}(\w+): \{ ?\n? *summary/gm),
  ].map(([, name]) => name ?? '');
  expect(commands.length).toBeGreaterThan(20);
  for (const command of commands) expect(text).toMatch(new RegExp(`\`${command}\\b|, \`${command}\``));
});

it('docs/operations.md has every type of workflow with every action, each with a test that is there', () => {
  const text = page('operations.md');
  const cells = [...text.matchAll(/^### (\w+), (\w+)\n[^#]*?\nTest: `([^`]+)`, "([^\n]+)"$/gm)];
  const types = ['fleet', 'provision', 'agent', 'pool', 'run', 'branch', 'notify', 'lease'];
  const actions = ['terminated', 'cancelled', 'reset'];
  const all = types.flatMap((type) => actions.map((action) => `${type}, ${action}`));
  expect(cells.map(([, type = '', action = '']) => `${type}, ${action}`).sort()).toEqual(all.sort());
  const missing = cells.filter(([, , , file = '', title = '']) => {
    const source = readFileSync(join(__dirname, '..', file), 'utf8');
    return ![`'${title}'`, `"${title}"`].some((quoted) => source.includes(quoted));
  });
  expect(missing.map(([cell]) => cell)).toEqual([]);
});
