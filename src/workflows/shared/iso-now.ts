/** The workflow's time, for records only: runs and branches must not decide by it (docs/decisions/0015-a-branch-sends-within-its-task.md). */

/** The current time in ISO 8601. */
export function isoNow(): string {
  return new Date(stampMs()).toISOString();
}

/** The current time in epoch milliseconds. */
export function stampMs(): number {
  return Date.now();
}
