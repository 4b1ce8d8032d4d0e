/** Files that say which process owns something: a lock, a server's pid. One that names no running process is stale, whatever it holds. */
import { renameSync, rmSync } from 'node:fs';
import { createFile, problem, readKept, replaceFile } from '../lib/kept-file';
import { isAlive, type ProcessIdentity } from '../lib/process-identity';
import { hasCode } from '../lib/error-code';

/** Creates a file that says which process owns something. False when a running process already does. */
export function claim(file: string, owner: ProcessIdentity): boolean {
  for (;;) {
    if (createFile(file, JSON.stringify(owner))) return true;
    const held = owned(file);
    if (held && isAlive(held)) return false;
    if (!removeStale(file, `${file}.${String(owner.pid)}.stale`)) return false;
  }
}

/** Records the owner of what can have one only, in place of an earlier one. */
export function record(file: string, owner: ProcessIdentity): void {
  replaceFile(file, JSON.stringify(owner));
}

/** The process that a claim names, alive or not; undefined where it names none, because it is not there, empty or foreign. */
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

/** Moves a stale claim away. False when it turned out to be a fresh one of somebody faster, which is put back. */
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
