/**
 * Files that name the process that owns something: a lock, a server's pid. A file that names no
 * running process is stale.
 */
import { renameSync, rmSync } from 'node:fs';
import { createFile, problem, readKept, replaceFile } from '../lib/kept-file';
import { isAlive, type ProcessIdentity } from '../lib/process-identity';
import { hasCode } from '../lib/error-code';

/** Creates a file that names the owner. False if it already names a running process. */
export function claim(file: string, owner: ProcessIdentity): boolean {
  for (;;) {
    if (createFile(file, JSON.stringify(owner))) return true;
    const held = owned(file);
    if (held && isAlive(held)) return false;
    if (!removeStale(file, `${file}.${String(owner.pid)}.stale`)) return false;
  }
}

/** Records a new owner in place of an earlier one. */
export function record(file: string, owner: ProcessIdentity): void {
  replaceFile(file, JSON.stringify(owner));
}

/**
 * The process in a claim, alive or not; undefined if the file is missing, empty or of another form.
 */
export function owned(file: string): ProcessIdentity | undefined {
  const content = readKept(file);
  return content === undefined ? undefined : parseIdentity(content);
}

function parseIdentity(content: string): ProcessIdentity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, started } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  const isPid = typeof pid === 'number' && Number.isInteger(pid) && pid > 0;
  return isPid && typeof started === 'string' ? { pid, started } : undefined;
}

/**
 * Moves a stale claim away. False if it was a fresh claim of a faster process; then it is put back.
 */
function removeStale(file: string, aside: string): boolean {
  try {
    renameSync(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw problem(file, 'replaced', error);
  }
  const moved = owned(aside);
  const fresh = moved !== undefined && isAlive(moved);
  if (fresh) createFile(file, JSON.stringify(moved));
  rmSync(aside, { force: true });
  return !fresh;
}
