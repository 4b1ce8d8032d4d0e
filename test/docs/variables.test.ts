/** Every DROVER_ variable that the code reads is in a page; test/docs.test.ts has the other direction. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { page, ROOT } from './pages';

/** Files with one of these endings below a folder. */
function filesIn(folder: string, ends: readonly string[]): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ends.some((end) => entry.name.endsWith(end)))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

/** Names of variables in texts of a program: in quotes, as a property, or as a key of a schema. */
const READ = /['"`.]?\b(DROVER_[A-Z0-9_]*[A-Z0-9])\b/g;
const variablesOf = (files: readonly string[]): Set<string> =>
  new Set(files.flatMap((file) => [...page(file).matchAll(READ)].map(([, name = '']) => name)));

const read = variablesOf(filesIn('src', ['.ts']));
const pages = variablesOf([...filesIn('docs', ['.md']).filter((file) => !file.includes('decisions/')), 'README.md']);

test('every variable of the code is in a page', () => {
  expect(read.size).toBeGreaterThan(15);
  expect([...read].filter((name) => !pages.has(name)).sort()).toEqual([]);
});
