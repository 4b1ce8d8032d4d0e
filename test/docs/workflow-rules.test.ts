/** docs/workflow-rules.md: every rule has a reason, code and tests that exist. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasTest, page, ROOT } from './pages';

const rules = page('docs/workflow-rules.md')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ number: Number(/^(\d+)\. /.exec(text)?.[1]), text }));

test('the rules are numbered from 1 to 18', () => {
  expect(rules.map(({ number }) => number)).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
});

test.each(rules)('rule $number has a reason, code, and tests with these titles', ({ text }) => {
  expect(text).toMatch(/^Reason: ./m);
  const code = [...(/^- Code: ([^]*?)(?=^- Test: )/m.exec(text)?.[1] ?? '').matchAll(/`([^`]+\.\w+)`/g)];
  expect(code).not.toEqual([]);
  expect(code.map(([, file = '']) => file).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  const tests = [...text.matchAll(/^- Test: `([^`]+)`, "(.+)"$/gm)];
  expect(tests).toHaveLength(text.match(/^- Test: /gm)?.length ?? NaN);
  expect(tests.filter(([, file = '', title = '']) => !hasTest(file, title)).map(([line]) => line)).toEqual([]);
});
