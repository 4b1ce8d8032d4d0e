/** Python with Temporal's SDK, in a virtual environment that is made once for each list of packages. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../../src/dev/binaries';

/** The interpreter; the packages come from PyPI where they are not in Drover's cache. */
export function pythonWithTemporal(): string {
  const requirements = join(__dirname, 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const venv = join(cacheFolder(process.env), `temporalio-${digest}`);
  if (!existsSync(venv)) {
    // Under another name until it is complete.
    const draft = `${venv}.${String(process.pid)}`;
    execFileSync('python3', ['-m', 'venv', draft]);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    execFileSync(join(draft, 'bin/python'), install);
    renameSync(draft, venv);
  }
  return join(venv, 'bin/python');
}
