/** docs/inspect.md: its queries are ones that a server takes, and its table has every search attribute. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';
import { devServer } from '../support/env';
import { page, ROOT } from './pages';

const env = devServer();
const text = page('docs/inspect.md');
const queries = [...(text.split('## Ten queries')[1] ?? '').matchAll(/^\| [^|]+ \| `([^`]+)` \|$/gm)].map(
  ([, query = '']) => query,
);

test('ten queries are there', () => {
  expect(queries).toHaveLength(10);
});

test.each(queries)('%s', async (query) => {
  const list = (asked: string) =>
    env.client.workflowService.listWorkflowExecutions({ namespace: env.namespace, query: asked, pageSize: 1 });
  await list(query);
  // A server that took any text would prove nothing.
  await expect(list(query.replace(/ = | IS /, ' DroverNothing '))).rejects.toThrow();
});

test('the table has every search attribute with its type', () => {
  const rows = [...text.matchAll(/^\| `(Drover\w+)` \| (\w+) \|/gm)].map(([, name = '', type = '']) => [name, type]);
  expect(Object.fromEntries(rows)).toEqual(SEARCH_ATTRIBUTES);
});

test('the pictures are there', () => {
  const pictures = [...text.matchAll(/\]\((images\/[\w-]+\.png)\)/g)].map(([, file = '']) => file);
  expect(pictures).toHaveLength(6);
  for (const file of pictures) expect(existsSync(join(ROOT, 'docs', file))).toBe(true);
});
