/** A disk that is soon full: a tmpfs, which only root may mount. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../src/lib/error-code';

/** Mounts a disk of so many megabytes; null if this user may not. `remove` takes it away again. */
export function smallDisk(megabytes: number): { readonly path: string; readonly remove: () => void } | null {
  const path = mkdtempSync(join(tmpdir(), 'drover-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    return null;
  }
  const remove = (): void => {
    execFileSync('umount', ['-l', path]);
    rmSync(path, { recursive: true });
  };
  return { path, remove };
}

/** Whether this user may mount one: tests that need it are skipped by name otherwise. */
export function mayMount(): boolean {
  const disk = smallDisk(1);
  disk?.remove();
  return disk !== null;
}

/** Writes until not a byte is left. */
export function fill(path: string): void {
  const filler = join(path, 'filler');
  for (let size = freeBytes(path); size > 0; size = freeBytes(path)) {
    try {
      writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      // Others write to it too.
      if (errorCode(error) !== 'ENOSPC') throw error;
    }
  }
}

/** Bytes that can still be written. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
