/** Free space on disks. */
import { statfsSync } from 'node:fs';
import { errorCode } from './error-code';

/**
 * A disk with less free space counts as full: a database page, its log and a log line need more.
 */
const FULL_BELOW_BYTES = 64 * 1024;

/** True if the disk of a path is full for this user; false if the path does not exist. */
export function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < FULL_BELOW_BYTES;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
