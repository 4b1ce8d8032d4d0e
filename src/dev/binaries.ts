/**
 * Finds a Temporal binary without a download: in the environment, on PATH, then in Drover's cache.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PINNED, PLATFORM, type BinaryName } from './pins';

/** Variables of the environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The record of a checked binary in the cache. A binary with the same size and time has not changed
 * since.
 */
interface CacheRecord {
  readonly sha256: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Drover's cache folder, outside of any repository: `DROVER_CACHE`, else `drover` in the user's own
 * cache folder.
 */
export function cacheFolder(env: Environment): string {
  return env['DROVER_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'drover');
}

/** The folder of one binary in the cache; its version and platform are part of the name. */
export function binaryFolder(name: BinaryName, env: Environment): string {
  return join(cacheFolder(env), `${name}-${PINNED[name].version}-${PLATFORM}`);
}

/**
 * The path of a Temporal binary; undefined if it is not on this machine yet. Throws if the environment names
 * one that does not exist.
 */
export function findBinary(name: BinaryName, env: Environment): string | undefined {
  const { variable } = PINNED[name];
  const named = env[variable];
  if (named) {
    if (!isExecutable(named)) throw new Error(`${variable} names ${named}, which is not an executable file`);
    return named;
  }
  return findOnPath(name, env) ?? findInCache(binaryFolder(name, env), name);
}

/** The path of a Temporal binary; throws if it is not on this machine. */
export function requireBinary(name: BinaryName, env: Environment): string {
  const path = findBinary(name, env);
  if (path) return path;
  throw new Error(
    `No ${name} binary: not in ${PINNED[name].variable}, not on PATH, not in ${cacheFolder(env)}. \`npm run setup\` in a checkout fetches it.`,
  );
}

/** Records checksum, size and time of a binary for the cache. */
export async function recordBinary(folder: string, name: BinaryName): Promise<CacheRecord> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const { size, mtimeMs } = statSync(path);
  const record = { sha256: hash.digest('hex'), size, mtimeMs };
  writeFileSync(join(folder, 'checked.json'), JSON.stringify(record));
  return record;
}

/** A binary in the cache, if it is still the file that was checked. */
function findInCache(folder: string, name: BinaryName): string | undefined {
  const path = join(folder, name);
  const file = join(folder, 'checked.json');
  if (!existsSync(file) || !isExecutable(path)) return undefined;
  const record = JSON.parse(readFileSync(file, 'utf8')) as CacheRecord;
  const { size, mtimeMs } = statSync(path);
  return size === record.size && mtimeMs === record.mtimeMs ? path : undefined;
}

function findOnPath(name: BinaryName, env: Environment): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
