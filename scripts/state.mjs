/**
 * Checks what is up to date: the installed packages against the lock file, and dist/ against src/.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

const stamp = join(root, 'dist/.stamp');

/**
 * True when node_modules holds exactly what the lock file names; npm records what it installed in a
 * lock file of its own.
 */
export function isInstalled(folder = root) {
  const installedFile = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const same = (path) => wanted[path]?.integrity === installed[path]?.integrity;
  return (
    Object.keys(installed).every(same) &&
    Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional || (path in installed && same(path)))
  );
}

/** A fingerprint of all inputs of dist/: paths, sizes and times. */
export function source(folder = root) {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(folder, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  for (const entry of readdirSync(join(folder, 'src'), { recursive: true }).sort()) {
    if (/\.(?:ts|tsx|css|html|svg|mjs)$/.test(entry)) add(join('src', entry));
  }
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'packages/agent/tsconfig.json'];
  ['package-lock.json', ...settings, 'scripts/build.mjs', 'scripts/bundle.mjs'].forEach(add);
  return hash.digest('hex');
}

const CODE = ['src', 'test', 'bench', 'examples', 'scripts', 'bin'];
const CONFIGURATION = ['package-lock.json', 'tsconfig.json', 'eslint.config.mjs'];

/** A digest of all code and of the compiler's and linter's settings. */
export function contents(folder = root) {
  const hash = createHash('sha256');
  const add = (path) =>
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(folder, path)))
      .update('\0');
  for (const part of CODE) {
    const files = readdirSync(join(folder, part), { recursive: true });
    for (const file of files.sort()) if (/\.(?:ts|tsx|js|mjs|cjs)$/.test(file)) add(join(part, file));
  }
  CONFIGURATION.forEach(add);
  return hash.digest('hex');
}

/** True if dist/ was built from the current src/. */
export function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === source();
}

/**
 * Records the inputs of dist/, taken before the build, so that a change during the build is seen.
 */
export function stampBuild(fingerprint) {
  writeFileSync(stamp, fingerprint);
}
