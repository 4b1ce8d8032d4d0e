/** The version of this package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As in package.json, which stands beside src/ and dist/ alike. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
  return version;
}
