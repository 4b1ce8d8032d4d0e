/** Content of a YAML file arrives unchanged, or is refused with its place. */
import { parseFleetFile } from '../../../src/cli/files/fleet-file';
import { loadScenario } from '../../../src/cli/files/scenario-file';
import { jsonOrText } from '../../../src/cli/lib/arguments';
import { DroverError } from '../../../src/contract/errors';

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof DroverError) return error.message;
    throw error;
  }
  return 'taken';
}

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const fleet = (memory: string) =>
  `apiVersion: drover/v1\nkind: Fleet\nmetadata: {name: f}\nspec:\n  agents:\n    - {name: A, provider: process, process: {command: [sh], env: {X: ${memory}}}}\n`;
const scenario = (task: string) =>
  `apiVersion: drover/v1\nkind: Scenario\ntopology: {flows: ["Start -> A", "A -> End"], agents: [A]}\ntask: ${task}\nscript: {A: [{action: final, response: 1}]}\n`;

test.each([
  ['9007199254740993', /^f.yaml:6:70: 9007199254740993 is a number that would change \(to 9007199254740992\)/u],
  [deep(10_000), /^f.yaml:\d+:\d+: nested deeper than 200 levels$/u],
  [`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, /nested deeper than 200 levels$/u],
  ['- '.repeat(20_000), /nested deeper than 200 levels$/u],
  [deep(300), /nested deeper than 200 levels/u],
])('a fleet file with %.30s', (value, message) => {
  expect(refusal(() => parseFleetFile(fleet(value), 'f.yaml'))).toMatch(message);
});

test.each([
  ['{id: 12345678901234567890}', /^s.yaml: line 4: 12345678901234567890 is a number that would change/u],
  ['{id: 1e400}', /^s.yaml: the file.task.id: Infinity is a number that would change/u],
  ['{id: .inf}', /^s.yaml: the file.task.id: Infinity is a number that would change/u],
  [deep(10_000), /^s.yaml: line \d+: nested deeper than 200 levels$/u],
  [deep(300), /^s.yaml: the file.task\[0\].*: nested deeper than 200 levels$/u],
  ['*nothing', /^s.yaml: .*nothing/u],
  [`"${'x'.repeat(5 * 1024 * 1024)}"`, /^s.yaml: is larger than 4 MiB$/u],
  ['{id: 9007199254740992, f: 0.1, t: 2020-01-01, n: 0x1f}', /^taken$/u],
])('a scenario with the task %.30s', (value, message) => {
  expect(refusal(() => loadScenario(scenario(value), 's.yaml'))).toMatch(message);
});

test('the numbers of a file are numbers', () => {
  expect(loadScenario(scenario('{id: 9007199254740992, n: 0x1f, l: [1, -2]}'), 's').task).toEqual({
    id: 9007199254740992,
    n: 31,
    l: [1, -2],
  });
});

test('a task of the command line is JSON that arrives as it is, text, or refused', () => {
  expect(jsonOrText('{"a": [1]}')).toEqual({ a: [1] });
  expect(jsonOrText('{not JSON')).toBe('{not JSON');
  expect(refusal(() => jsonOrText('{"id":12345678901234567890}'))).toMatch(
    /^the value\.id: 12345678901234567890 is a/u,
  );
  expect(refusal(() => jsonOrText(deep(100_000)))).toMatch(/nested deeper than 200 levels$/u);
});
