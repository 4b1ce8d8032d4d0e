/** Points in time as people read them. */

/** `2026-11-28 02:26:04 UTC`, of epoch milliseconds or of an ISO 8601 time in UTC; to the minute where seconds say nothing. */
export function utcText(at: number | string, to: 'seconds' | 'minutes' = 'seconds'): string {
  const iso = typeof at === 'number' ? new Date(at).toISOString() : at;
  return `${iso.slice(0, to === 'seconds' ? 19 : 16).replace('T', ' ')} UTC`;
}
