/** The workflow's time, which replays read from the history, as ISO 8601. */
export function isoNow(): string {
  return new Date(Date.now()).toISOString();
}
