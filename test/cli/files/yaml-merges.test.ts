/** Merge keys in fleet files and scenarios: followed, or refused with their place. */
import { parseFleetFile } from '../../../src/cli/files/fleet-file';
import { loadScript } from '../../../src/cli/files/scenario-file';
import { DroverError } from '../../../src/contract/errors';

const HEAD = 'apiVersion: drover/v1\nkind: Fleet\nmetadata: {name: f}\nspec:\n  agents:\n';
const FIRST = '    - &a\n      name: A\n      provider: process\n      process: &p {command: [sh], env: {X: "1"}}\n';

const agentsOf = (text: string) => parseFleetFile(HEAD + FIRST + text, 'f.yaml').file.spec.agents;

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof DroverError) return error.message;
    throw error;
  }
  return 'taken';
}

test('a merge takes what is not given; its own keys, and earlier sources, come first', () => {
  const [first, second, third] = agentsOf(
    '    - <<: *a\n      name: B\n    - {name: C, provider: process, process: {<<: [{env: {X: "2"}}, *p], cwd: sub}}\n',
  );
  expect(second).toEqual({ ...first, name: 'B' });
  expect(third).toMatchObject({ name: 'C', process: { command: ['sh'], env: { X: '2' }, cwd: 'sub' } });
});

test('a merge of a merge has all of it, and a wrong merged value is reported at its place', () => {
  expect(agentsOf('    - &b {<<: *a, name: B}\n    - {<<: *b, name: C}\n')).toMatchObject([
    {},
    {},
    { name: 'C', provider: 'process' },
  ]);
  const wrong = HEAD + FIRST.replace('command: [sh]', 'command: 7') + '    - {<<: *a, name: B}\n';
  expect(refusal(() => parseFleetFile(wrong, 'f.yaml')).split('\n')).toEqual([
    expect.stringMatching(/^f\.yaml:9:29: spec\.agents\.0\.process\.command: /u),
    expect.stringMatching(/^f\.yaml:9:29: spec\.agents\.1\.process\.command: /u),
  ]);
});

const bomb = [0, 1, 2, 3, 4, 5, 6].map((level) =>
  level === 0 ? '{a: 1}' : `{<<: [${Array.from({ length: 9 }, () => `*m${String(level - 1)}`).join(', ')}]}`,
);

test.each([
  ['    - {<<: 7, name: B}\n', /^f\.yaml:10:8: << takes an alias of a map, a map, or a list of these$/u],
  ['    - {<<: [*a, x], name: B}\n', /^f\.yaml:10:8: << takes an alias of a map/u],
  ['    - {<<: *nothing, name: B}\n', /^f\.yaml:10:(?:8|12): (?:alias \*nothing|<< takes)/mu],
  ['    - &self {<<: *self, name: B}\n', /^f\.yaml:10:\d+: << merges a map into itself$/mu],
  [
    `    - [${bomb.map((map, level) => `&m${String(level)} ${map}`).join(', ')}]\n`,
    /^f\.yaml:10:\d+: merges that copy more than 10000 maps$/mu,
  ],
  // A key in quotation marks is a key.
  ['    - {"<<": *a, name: B, provider: process}\n', /spec\.agents\.1\.<<: unknown key/u],
])('an invalid merge is refused at its place: %.40s', (text, message) => {
  expect(refusal(() => parseFleetFile(HEAD + FIRST + text, 'f.yaml'))).toMatch(message);
});

test('a scenario merges too', () => {
  const script = 'A: [&reply {action: final, response: 1}, {<<: *reply, response: 2}]\n';
  expect(loadScript(script, 's.yaml')).toEqual({
    A: [
      { action: 'final', response: 1 },
      { action: 'final', response: 2 },
    ],
  });
});
