/** docs/guarantees.md: the commands that show a promise name tests and scripts that exist. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { page, ROOT } from './pages';

const rows = page('docs/guarantees.md').match(/^\| .*$/gm) ?? [];
const commands = rows.flatMap((row) => [...row.matchAll(/`(np[mx] [^`]+)`/g)].map(([, command = '']) => command));
const testFiles = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name}`);

/** The test files whose path contains one of these, as jest selects them. */
const selected = (patterns: readonly string[]): string[] =>
  testFiles.filter((file) => patterns.some((pattern) => file.includes(pattern)));

test('every promise has a command', () => {
  const promises = rows.filter((row) => !/^\| (?:promise|---)/.test(row));
  expect(promises.length).toBeGreaterThan(25);
  expect(commands).toHaveLength(promises.length);
});

const jestCommands = commands.filter((command) => command.startsWith('npx jest '));

test.each(jestCommands)('%s finds its files and its title', (command) => {
  const [, files = '', title] = /^npx jest (.+?)(?: -t "(.+)")?$/.exec(command) ?? [];
  for (const file of files.split(' ')) expect(selected([file])).not.toEqual([]);
  const sources = selected(files.split(' ')).map(page);
  if (title !== undefined) expect(sources.some((source) => source.includes(title))).toBe(true);
});

test.each(commands.filter((command) => command.startsWith('npm run ')))(
  '%s is a script, of a test that exists',
  (command) => {
    const [, script = '', name] = /^npm run ([\w:]+)(?: -- ([\w-]+))?$/.exec(command) ?? [];
    expect(page('package.json')).toContain(`"${script}":`);
    if (name !== undefined) expect(existsSync(join(ROOT, 'test/soak', `${name}.test.ts`))).toBe(true);
  },
);
