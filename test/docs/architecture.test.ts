/** docs/architecture.md: the files that it names exist, and each flow passes as many as its table says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { page, ROOT } from './pages';

const text = page('docs/architecture.md');
const files = (part: string) => [...part.matchAll(/`(src\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file);

test('every file that the page names exists', () => {
  expect(files(text).length).toBeGreaterThan(100);
  expect(files(text).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

const flows = (text.split('\n## Five flows\n')[1] ?? '').split(/^### /m).slice(1);

test('there are five flows', () => {
  expect(flows).toHaveLength(5);
});

test.each(flows.map((flow) => [flow.split('\n')[0] ?? '', flow]))(
  'the counts of "%s" are those of its lists',
  (title, flow) => {
    const [essential = '', others = ''] = flow.split('\nAlso passed: ');
    const steps = essential.match(/^\d+\. `src\//gm) ?? [];
    const all = files(flow);
    expect(new Set(all).size).toBe(all.length);
    expect(files(essential)).toHaveLength(steps.length);
    expect(files(others)).toHaveLength(all.length - steps.length);
    expect(text).toContain(`| ${title} | ${String(steps.length)} | ${String(all.length)} |`);
  },
);
