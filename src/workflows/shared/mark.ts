/** The replay mark (docs/decisions/0029-replay-mark.md). */
import { upsertMemo } from '@temporalio/workflow';

/**
 * Writes the end of an effect and its result into the history. A workflow task without any command would be merged with the next one when
 * a worker replays both, and a command of the next task would then be decided on the earlier state.
 */
export function markEnd(memo: Readonly<Record<string, string | number | null>>): void {
  upsertMemo(memo);
}
