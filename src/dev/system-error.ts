/** True for a system error with this code (ENOENT, EEXIST, …). By its field: an error may come from another realm. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
