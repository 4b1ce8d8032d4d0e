/**
 * The programs of a real engine: Debian's PostgreSQL, and Temporal's server with its schema tool, built once from their Go module into
 * Drover's cache.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

const MODULE = 'go.temporal.io/server';
const VERSION = '1.32.2';
/** The compiler of the build; Go fetches it like a module where it has another version. The server needs 1.26.10 at least. */
const TOOLCHAIN = 'go1.27.3';
/** Packages of the module, and the names of their programs. */
const PROGRAMS = { 'cmd/server': 'server', 'cmd/tools/sql': 'sql' };
const DEBIAN = '/usr/lib/postgresql';

/** The folder with `initdb` and `postgres`. */
export function postgresPrograms() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const found = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
  if (found === undefined) {
    throw new Error(`no PostgreSQL in ${DEBIAN}: install it (apt-get install postgresql), and run this again`);
  }
  return found;
}

/** The paths of Temporal's server and of its schema tool. The first build takes minutes, and as long again on a busy machine. */
export function temporalPrograms() {
  const { cacheFolder } = require('../../dist/dev/binaries.js');
  const cache = cacheFolder(process.env);
  const folder = join(cache, `temporal-server-${VERSION}-${process.platform}-${process.arch}`);
  const [server, schemaTool] = Object.values(PROGRAMS).map((name) => join(folder, name));
  if (!existsSync(folder)) build(cache, folder);
  return { server, schemaTool };
}

/** Builds beside the cache and moves into place in one step, so that an interrupted build leaves nothing. */
function build(cache, folder) {
  console.error(`drover: building Temporal's server ${VERSION} once, into ${folder} …`);
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(`${folder}.`);
  try {
    const packages = Object.keys(PROGRAMS).map((path) => `${MODULE}/${path}@v${VERSION}`);
    // One compiler at a time, and last in the queue for a processor: the build is in no hurry, and tests beside it are.
    const { status, error } = spawnSync('nice', ['-n', '15', 'go', 'install', '-p', '1', '-trimpath', ...packages], {
      env: { ...process.env, GOBIN: draft, GOTOOLCHAIN: TOOLCHAIN },
      stdio: ['ignore', 2, 2],
    });
    if (error) throw new Error(`Go cannot be run (${error.message}): install it, and run this again`);
    if (status !== 0) throw new Error(`go install of ${packages.join(' and ')} failed; its reason is above`);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
