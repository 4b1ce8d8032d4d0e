/**
 * Error codes of Node. They are read from a field, because an error may come from another realm.
 */

/**
 * The `code` of an error (`ENOENT`, `ECONNREFUSED`; the exit code after `execFile`); undefined for
 * anything else.
 */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** True for an error with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return errorCode(error) === code;
}

/** Codes of a connection that was never made: no byte of the request has left. */
const NOT_CONNECTED: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/** True when the other side was not even reached, so that it cannot have acted. */
export function wasNotConnected(error: unknown): boolean {
  return NOT_CONNECTED.includes(errorCode(error));
}
