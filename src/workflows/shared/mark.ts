/** The replay mark (docs/decisions/0029-replay-mark.md). */
import { upsertMemo } from '@temporalio/workflow';

/**
 * Writes into the history that something has ended, with what it has led to. Without any command in it, the workflow task that heard of the
 * end would be merged with the next one when a worker replays both, and a command in that one would be judged by the state before.
 */
export function markEnd(memo: Readonly<Record<string, string | number | null>>): void {
  upsertMemo(memo);
}
