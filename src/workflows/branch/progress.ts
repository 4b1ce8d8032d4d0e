/** Reports a branch and its children to the run: one signal a second at most, with all changes since the previous one. */
import { sleep } from '@temporalio/workflow';
import { runSignals } from '../../contract/run/messages';
import { runWorkflowId } from '../../contract/names';
import type { LiveBranchRecord } from '../../contract/run';
import type { BranchLife } from './life';

/** Limit of records in one signal: about 20 KiB. */
const MOST_RECORDS = 100;
/** Limit of signals from one branch. A workflow takes 10,000 signals in all; beyond this limit the run's view is only less current. */
const MOST_SIGNALS = 100;

/** Sends records to the run. */
export interface BranchProgress {
  tell(...records: readonly LiveBranchRecord[]): void;
}

/** Pause between two signals: each costs two workflow tasks, and users need no view younger than a second. */
const BETWEEN_MS = 1_000;

/** Create one per branch. */
export function createProgress({ context, outbox, supervisor }: BranchLife): BranchProgress {
  const changed = new Map<string, LiveBranchRecord>();
  const run = runWorkflowId(context.fleet, context.run);
  let isSending = false;
  let sent = 0;

  async function send(): Promise<void> {
    isSending = true;
    // Collects everything that changes in the same workflow task.
    await Promise.resolve();
    while (changed.size > 0 && sent < MOST_SIGNALS) {
      const branches = [...changed.values()].slice(0, MOST_RECORDS);
      for (const { id } of branches) changed.delete(id);
      sent += 1;
      await outbox.send(run, runSignals.branchesChanged, { branches });
      // This always pauses and never asks the clock whether a pause is due: after a local activity a replay may read another time, and
      // would then have a timer that the history does not have.
      await sleep(BETWEEN_MS, { summary: 'pause before the next report to the run' });
    }
    isSending = false;
  }
  return {
    tell(...records) {
      for (const record of records) changed.set(record.id, record);
      if (!isSending) supervisor.keep('report branches to the run', send);
    },
  };
}

/** Whether a branch reports the beginning of its `turn`-th turn: at 2, 4, 8, 16 … */
export function isWorthTelling(turn: number): boolean {
  return turn >= 2 && (turn & (turn - 1)) === 0;
}
