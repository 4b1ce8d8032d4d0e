import { errorCode } from '../lib/error-code';

/** True for a system error with this code (ENOENT, EEXIST, …). By its field: an error may come from another realm. */
export function hasCode(error: unknown, code: string): boolean {
  return errorCode(error) === code;
}
