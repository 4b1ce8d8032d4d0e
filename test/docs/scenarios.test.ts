/** docs/scenarios.md: its tables have every field of the format, and each scenario ends as the page says. */
import { loadScenario } from '../../src/cli/files/scenario-file';
import { scenarioSchema, scriptSchema } from '../../src/contract/schemas/scenario';
import { simulate } from '../../src/rules/simulate/simulate';
import { page } from './pages';
import { snippets } from './temporal-snippets';

const text = page('docs/scenarios.md');
const section = (title: string): string => (text.split(`\n## ${title}\n`)[1] ?? '').split(/\n## /)[0] ?? '';
const rows = (title: string): string[] => [...section(title).matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name);

test('the table of fields is that of the schema', () => {
  expect(rows('Fields').sort()).toEqual(Object.keys(scenarioSchema.shape).sort());
});

test.each([
  ['Answers of the human', 'User', { answer: 'x', delay: '1s', repeat: true }],
  ['Replies', 'A', { action: 'fail', delay: '1s', repeat: true }],
])('the table of "%s" has the fields of an entry, and no other is known', (title, name, entry) => {
  expect(rows(title).sort()).toEqual(Object.keys(entry).sort());
  expect(scriptSchema.safeParse({ [name]: [entry] }).success).toBe(true);
  for (const field of Object.keys(entry)) {
    const wrong = scriptSchema.safeParse({ [name]: [{ ...entry, [field]: -1 }] });
    expect({ field, isChecked: !wrong.success }).toEqual({ field, isChecked: field !== 'answer' });
  }
});

const scenarios = snippets(text, 'yaml');

test('the page has scenarios', () => {
  expect(scenarios.length).toBeGreaterThan(3);
});

test.each(scenarios)('a scenario ends as its first line says: %s', async (yaml) => {
  const [, expected] = /^# Result: (.*)$/m.exec(yaml) ?? [];
  const { success, finalResponse, error, turns } = await simulate(loadScenario(yaml, 'docs/scenarios.md'), {
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const found = success ? `success, ${String(finalResponse)}, ${String(turns)} turns` : `failure, ${error ?? ''}`;
  expect(found).toBe(expected);
});
