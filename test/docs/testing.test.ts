/** The examples of docs/testing.md are those of examples/testing, which test/testing/examples.test.ts runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

test('every example of the page is a file', () => {
  const page = readFileSync(join(root, 'docs/testing.md'), 'utf8');
  const blocks = [...page.matchAll(/```js\n\/\/ (.*)\n([^]*?)```/g)];
  expect(blocks.length).toBe(page.split('```js').length - 1);
  expect(blocks.length).toBeGreaterThan(0);
  for (const [, file = '', code] of blocks) expect(readFileSync(join(root, file), 'utf8')).toBe(code);
});
