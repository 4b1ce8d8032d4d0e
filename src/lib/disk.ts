/** Room on disks. */
import { statfsSync } from 'node:fs';
import { errorCode } from './error-code';

/** With less room than this nothing can be kept: a page of a database, its log and one line of ours. */
const FULL_BELOW_BYTES = 64 * 1024;

/** Whether the disk that holds a path is full for this user; false where there is no such path. */
export function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < FULL_BELOW_BYTES;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
