/** The `code` of an error of Node's (`ENOENT`, `ECONNREFUSED`; an exit code from `execFile`), whichever realm it comes from. */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
