/** Points in time for people. */

/**
 * Epoch milliseconds or an ISO 8601 time in UTC as `2026-11-28 02:26:04 UTC`, or without its
 * seconds.
 */
export function utcText(at: number | string, to: 'seconds' | 'minutes' = 'seconds'): string {
  const iso = typeof at === 'number' ? new Date(at).toISOString() : at;
  return `${iso.slice(0, to === 'seconds' ? 19 : 16).replace('T', ' ')} UTC`;
}
