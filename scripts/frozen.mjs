/**
 * The histories of released versions: `node scripts/frozen.mjs [FOLDER]` prints what is wrong with
 * them, `--freeze VERSION` adds one. A folder of histories holds `next`, a folder for each release,
 * and RELEASES with one line for each: its version and the SHA-256 of its SHA256SUMS, which has one
 * line for each history (as `sha256sum -c` reads it). So nothing of a release can change or go
 * unseen.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './state.mjs';

/**
 * The folder of the version that is not released yet: the only one that `npm run histories` writes.
 */
export const NEXT = 'next';
/** All histories of this repository. */
export const histories = join(root, 'test/replay/histories');

const SUMS = 'SHA256SUMS';
const RELEASES = 'RELEASES';
const VERSION = /^\d+\.\d+\.\d+$/;

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const namesIn = (folder) => readdirSync(folder).sort();

/** Lines of two words; none of a file that is not there. */
function pairs(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => line.split(/\s+/));
}

/** The problems, one sentence each. */
export function frozenProblems(folder = histories) {
  const released = pairs(join(folder, RELEASES));
  const known = [NEXT, RELEASES, ...released.map(([version]) => version)];
  const unknown = namesIn(folder).filter((name) => !known.includes(name));
  return [
    ...unknown.map((name) => `${name} is neither ${NEXT} nor a release that ${RELEASES} names`),
    ...nextProblems(folder),
    ...released.flatMap(([version, sum]) => releaseProblems(join(folder, version), version, sum)),
  ];
}

function nextProblems(folder) {
  const next = join(folder, NEXT);
  if (!existsSync(next) || namesIn(next).length === 0) return [`${NEXT} has no history; run npm run histories`];
  return [];
}

function releaseProblems(folder, version, sum) {
  if (!existsSync(join(folder, SUMS))) return [`${version} has no ${SUMS}; restore it from the release`];
  if (sha256(join(folder, SUMS)) !== sum) return [`${version}/${SUMS} is not as released; restore it from the release`];
  const listed = pairs(join(folder, SUMS)).map(([hash, name]) => ({ hash, name }));
  const present = namesIn(folder).filter((name) => name !== SUMS);
  const extra = present.filter((name) => !listed.some((one) => one.name === name));
  return [
    ...(listed.length === 0 ? [`${version} has no history`] : []),
    ...extra.map((name) => `${version}/${name} was not released; histories of today belong to ${NEXT}`),
    ...listed.flatMap(({ hash, name }) => {
      if (!present.includes(name)) return [`${version}/${name} is missing; restore it from the release`];
      return sha256(join(folder, name)) === hash ? [] : [`${version}/${name} was edited; restore it from the release`];
    }),
  ];
}

/** Makes what `next` holds the histories of a release. */
export function freeze(version, folder = histories) {
  const target = join(folder, version);
  if (!VERSION.test(version)) throw new Error(`"${version}" is not a version such as 0.2.0`);
  if (existsSync(target)) throw new Error(`${version} is frozen already; a release never changes`);
  const problems = frozenProblems(folder);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  cpSync(join(folder, NEXT), target, { recursive: true });
  const sums = namesIn(target).map((name) => `${sha256(join(target, name))}  ${name}\n`);
  writeFileSync(join(target, SUMS), sums.join(''));
  appendFileSync(join(folder, RELEASES), `${version} ${sha256(join(target, SUMS))}\n`);
}

/** As a command: `[--freeze VERSION] [FOLDER]`. */
function main([first, ...others]) {
  const version = first === '--freeze' ? others.shift() : undefined;
  const folder = (first === '--freeze' ? others[0] : first) ?? histories;
  try {
    if (version !== undefined) freeze(version, folder);
    const problems = frozenProblems(folder);
    for (const problem of problems) console.error(`histories: ${problem}`);
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(`histories: ${error.message}`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
