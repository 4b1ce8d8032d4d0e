/**
 * A cgroup (v2) of its own for every instance, where the worker may make one below its own. No process leaves it by itself, so it holds
 * also what has cleared its environment and left its parents. Where there is none, all else still holds.
 */
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { errorCode } from '../../lib/error-code';
import { until } from '../../lib/until';

/** What the kernel says where this worker may not have cgroups: not its own, read-only, or not of this kind. */
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
/** What it says of a cgroup, or of a process in it, that has just gone. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENODEV', 'ESRCH']);
/** The kernel freezes within milliseconds what does not wait for a disk. */
const FREEZE_MS = 500;
/** What is left in one after that does not end by itself. */
const REMOVE_MS = 500;

/** The directory of this process's own cgroup; undefined: there is none. */
export function parseOwnCgroup(mounts: string, own: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(own)?.[1];
  // What begins so is outside of this process's namespace.
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

/** Makes a cgroup below this process's own. Undefined: the worker may not. */
export async function makeCgroup(name: string): Promise<string | undefined> {
  const parent = await ownCgroup();
  if (parent === undefined) return undefined;
  const path = join(parent, name);
  return allowed(() => mkdir(path, { recursive: true }).then(() => path));
}

/** Puts a process into it. False: the worker may not, and the cgroup is removed again. */
export async function joinCgroup(path: string, pid: number): Promise<boolean> {
  const joined = await allowed(() => writeFile(join(path, 'cgroup.procs'), String(pid)).then(() => true));
  if (!joined) await removeCgroup(path);
  return joined ?? false;
}

/** Every process in it and in the cgroups below it. */
export async function pidsIn(path: string): Promise<number[]> {
  const [listed, below] = await Promise.all([read(join(path, 'cgroup.procs')), cgroupsBelow(path)]);
  const deeper = await Promise.all(below.map(pidsIn));
  return [...listed.split('\n').filter(Boolean).map(Number), ...deeper.flat()];
}

/** Lets nothing in it run, at once, or lets it go on. Returns when that is so, or when the kernel takes its time. */
export async function freezeCgroup(path: string, frozen: boolean): Promise<void> {
  await write(join(path, 'cgroup.freeze'), frozen ? '1' : '0');
  const wanted = frozen ? /^frozen 1$/m : /^frozen 0$/m;
  await until(async () => {
    const events = await read(join(path, 'cgroup.events'));
    return events === '' || wanted.test(events) || undefined;
  }, FREEZE_MS);
}

/** Whether a worker that died in the middle of a suspend has left it frozen. */
export async function isFrozen(path: string): Promise<boolean> {
  return (await read(join(path, 'cgroup.freeze'))).trim() === '1';
}

/** Kills everything in it, at once. A kernel before 5.14 does not know how. */
export async function killCgroup(path: string): Promise<void> {
  await write(join(path, 'cgroup.kill'), '1');
}

/** Removes an empty one, and those below it. One that is not empty stays; the kernel takes a moment to see that the last process is gone. */
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

/** Removes every cgroup whose name is this prefix and a number, also of starts that a lost worker has made no record of. */
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

/** With `r+`, as a file that a kernel does not have must not be asked for. */
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
