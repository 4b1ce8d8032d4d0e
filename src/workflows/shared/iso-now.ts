/** The workflow's time, for records: a run or a branch must not decide by it (docs/decisions/0015-a-branch-sends-within-its-task.md). */

/** ISO 8601. */
export function isoNow(): string {
  return new Date(stampMs()).toISOString();
}

/** Epoch milliseconds. */
export function stampMs(): number {
  return Date.now();
}
