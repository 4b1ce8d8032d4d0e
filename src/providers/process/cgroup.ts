/**
 * A cgroup (v2) for every instance, if the worker may make one below its own. A process cannot
 * leave it, so it also holds processes that have cleared their environment and left their parents.
 * Without cgroups the other ways to find processes still work.
 */
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { errorCode } from '../../lib/error-code';
import { until } from '../../lib/until';

/** Error codes when this worker may not use cgroups: no permission, read-only, or another kind. */
const REFUSED: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'EBUSY',
  'EOPNOTSUPP',
  'ENOTSUP',
  'EINVAL',
  'ENOTDIR',
  'ENOSPC',
  'EAGAIN',
]);
/** Error codes for a cgroup, or a process in it, that has just ended. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENODEV', 'ESRCH']);
/** The kernel freezes a process within milliseconds, unless it waits for a disk. */
const FREEZE_MS = 500;
/** A process that remains in a cgroup after this does not end by itself. */
const REMOVE_MS = 500;

/** The directory of this process's own cgroup; undefined without one. */
export function parseOwnCgroup(mounts: string, own: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(own)?.[1];
  // Such a path is outside of this process's namespace.
  if (path === undefined || path.startsWith('/..')) return undefined;
  for (const line of mounts.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root, point] = left.split(' ');
    if (!right.startsWith('cgroup2 ') || root === undefined || point === undefined) continue;
    const below = relative(root, path);
    if (!below.startsWith('..')) return join(point, below);
  }
  return undefined;
}

let own: Promise<string | undefined> | undefined;

function ownCgroup(): Promise<string | undefined> {
  own ??= Promise.all(['mountinfo', 'cgroup'].map((name) => readFile(`/proc/self/${name}`, 'utf8'))).then(
    ([mounts = '', cgroup = '']) => parseOwnCgroup(mounts, cgroup),
    () => undefined,
  );
  return own;
}

/** Makes a cgroup below this process's own; undefined if the worker may not. */
export async function makeCgroup(name: string): Promise<string | undefined> {
  const parent = await ownCgroup();
  if (parent === undefined) return undefined;
  const path = join(parent, name);
  return allowed(() => mkdir(path, { recursive: true }).then(() => path));
}

/** Puts a process into a cgroup. False if the worker may not; then the cgroup is removed again. */
export async function joinCgroup(path: string, pid: number): Promise<boolean> {
  const joined = await allowed(() => writeFile(join(path, 'cgroup.procs'), String(pid)).then(() => true));
  if (!joined) await removeCgroup(path);
  return joined ?? false;
}

/** Every process in a cgroup and in the cgroups below it. */
export async function pidsIn(path: string): Promise<number[]> {
  const [listed, below] = await Promise.all([read(join(path, 'cgroup.procs')), cgroupsBelow(path)]);
  const deeper = await Promise.all(below.map(pidsIn));
  return [...listed.split('\n').filter(Boolean).map(Number), ...deeper.flat()];
}

/** Freezes or thaws a cgroup. Returns when the kernel has done it, or after a time limit. */
export async function freezeCgroup(path: string, frozen: boolean): Promise<void> {
  await write(join(path, 'cgroup.freeze'), frozen ? '1' : '0');
  const wanted = frozen ? /^frozen 1$/m : /^frozen 0$/m;
  await until(async () => {
    const events = await read(join(path, 'cgroup.events'));
    return events === '' || wanted.test(events) || undefined;
  }, FREEZE_MS);
}

/** True if a worker that died during a suspend has left the cgroup frozen. */
export async function isFrozen(path: string): Promise<boolean> {
  return (await read(join(path, 'cgroup.freeze'))).trim() === '1';
}

/** Kills everything in a cgroup at once. Does nothing on a kernel before 5.14. */
export async function killCgroup(path: string): Promise<void> {
  await write(join(path, 'cgroup.kill'), '1');
}

/**
 * Removes an empty cgroup and those below it. A cgroup that is not empty stays. The kernel needs a
 * moment to see the last process end.
 */
export async function removeCgroup(path: string): Promise<void> {
  for (const below of await cgroupsBelow(path)) await removeCgroup(below);
  await until(
    async () =>
      rmdir(path).then(
        () => true,
        (error: unknown) => (errorCode(error) === 'EBUSY' ? undefined : isOver(error)),
      ),
    REMOVE_MS,
  );
}

function isOver(error: unknown): true {
  if (REFUSED.has(errorCode(error)) || GONE.has(errorCode(error))) return true;
  throw error;
}

/**
 * Removes every cgroup whose name is this prefix and a number, including those that a lost worker
 * has not recorded.
 */
export async function removeCgroups(prefix: string): Promise<void> {
  const parent = await ownCgroup();
  if (parent === undefined) return;
  const isOurs = (name: string): boolean => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
  for (const path of await cgroupsBelow(parent)) if (isOurs(basename(path))) await removeCgroup(path);
}

async function cgroupsBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (GONE.has(errorCode(error))) return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (GONE.has(errorCode(error))) return '';
    throw error;
  });
}

/** Opens with `r+`, so that a file that the kernel lacks is not created. */
async function write(path: string, text: string): Promise<void> {
  await allowed(() => writeFile(path, text, { flag: 'r+' }));
}

async function allowed<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (REFUSED.has(errorCode(error)) || GONE.has(errorCode(error))) return undefined;
    throw error;
  }
}
