/** The parts that the tests of the pages share. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../..');

/** The text of a file, named by its path in the repository. */
export function page(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Whether a file has a test with this title. */
export function hasTest(file: string, title: string): boolean {
  if (!existsSync(join(ROOT, file))) return false;
  const source = page(file);
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => source.includes(quoted));
}
