/** The installation of a user: the packed file, installed into an empty folder outside this repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shared } from '../../support/shared';

const ROOT = join(__dirname, '../../..');

/** npm in a script of npm's passes its settings on, the folder of the project among them; a user's shell has none. */
export const USER_ENV: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:npm_|INIT_CWD$|NODE_|JEST_|DROVER_)/i.test(name)),
);

/** The output of a command that ended well; an error with its whole output otherwise. */
export function run(folder: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, env: USER_ENV, encoding: 'utf8' });
  if (error) throw error;
  if (status === 0) return stdout + stderr;
  throw new Error(`${[command, ...args].join(' ')} ended with ${String(status)}:\n${stdout}${stderr}`);
}

/** The packed file of Drover, made once in a run of the tests. */
export function packedDrover(): string {
  return packed('drover', []);
}

/** The packed file of `@drover/agent`, made once in a run of the tests. */
export function packedAgent(): string {
  return packed('agent', ['--workspace', '@drover/agent']);
}

function packed(name: string, args: readonly string[]): string {
  const folder = join(shared().folder, 'packed', name);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length === 0) {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, ...args], { cwd: ROOT, env: USER_ENV });
  }
  return join(folder, readdirSync(folder)[0] ?? '');
}

/** A new empty folder. The caller removes it. */
export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), 'drover-install-'));
}

/** A new folder in which the packed file is installed and nothing else. The caller removes it. */
export function installedFolder(): string {
  const first = join(shared().folder, 'installed');
  if (!existsSync(join(first, 'node_modules'))) {
    mkdirSync(first, { recursive: true });
    run(first, 'npm', ['install', '--engine-strict', packedDrover()]);
  }
  const folder = emptyFolder();
  // Hard links: 300 MB are copied in seconds, and no test writes into a package.
  execFileSync('cp', ['-al', `${first}/.`, folder]);
  return folder;
}
