/** docs/lifecycle.md says what the tables say, arrow by arrow and cell by cell. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND_TABLE, CONDITIONS, RUNTIME_TRANSITIONS, STATUS_TRANSITIONS } from '../../../src/rules/agent/lifecycle';

const page = readFileSync(join(__dirname, '../../../docs/lifecycle.md'), 'utf8');

/** The rows of the n-th table under a heading, without its head. */
function table(heading: string, index = 0): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const tables = section.split(/\n(?!\|)/).map((part) => part.split('\n').filter((line) => line.startsWith('|')));
  const rows = tables.filter((lines) => lines.length > 0)[index] ?? [];
  return rows
    .filter((_, row) => row !== 1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const arrows = (transitions: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(transitions).flatMap(([from, to]) => to.map((target) => `${from} -> ${target}`));

test.each([
  ['Status', STATUS_TRANSITIONS],
  ['Runtime', RUNTIME_TRANSITIONS],
] as const)('%s: every arrow, each with a reason, and no other', (heading, transitions) => {
  const [, ...rows] = table(heading);
  expect(rows.map(([from, to]) => `${from ?? ''} -> ${to ?? ''}`)).toEqual(arrows(transitions));
  for (const row of rows) expect(row[2]).not.toBe('');
});

test('commands: every cell', () => {
  const [head = [], ...rows] = table('Commands', 1);
  const written = Object.fromEntries(
    rows.map(([command = '', ...cells]) => [
      command,
      Object.fromEntries(cells.map((cell, index) => [head[index + 1], cell])),
    ]),
  );
  expect(written).toEqual(COMMAND_TABLE);
});

test('every command with its options, and every word of the table, is explained', () => {
  expect(
    table('Commands', 0)
      .slice(1)
      .map(([command]) => command),
  ).toEqual(Object.keys(COMMAND_TABLE));
  expect(
    table('Commands', 2)
      .slice(1)
      .map(([word]) => word),
  ).toEqual(Object.keys(CONDITIONS));
});
