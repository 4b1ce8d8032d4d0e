/** Tells the run of a branch and of its children: one signal a second at most, with all that has changed since the last one. */
import { sleep } from '@temporalio/workflow';
import { runSignals } from '../../contract/run/messages';
import { runWorkflowId } from '../../contract/names';
import type { LiveBranchRecord } from '../../contract/run';
import type { BranchLife } from './life';

/** Records of one signal: some 20 KiB. */
const MOST_RECORDS = 100;
/** Signals of one branch: a workflow takes 10,000 signals in all, and beyond this the view is only less fresh. */
const MOST_SIGNALS = 100;

export interface BranchProgress {
  tell(...records: readonly LiveBranchRecord[]): void;
}

/** Between two of them: each costs two workflow tasks, and a view that is a second old is live enough. */
const BETWEEN_MS = 1_000;

/** One per branch. A branch that loops for long tells less and less often. */
export function createProgress({ context, outbox, supervisor }: BranchLife): BranchProgress {
  const changed = new Map<string, LiveBranchRecord>();
  const run = runWorkflowId(context.fleet, context.run);
  let isSending = false;
  let sent = 0;

  async function send(): Promise<void> {
    isSending = true;
    // Together with everything that changes in the same task.
    await Promise.resolve();
    while (changed.size > 0 && sent < MOST_SIGNALS) {
      const branches = [...changed.values()].slice(0, MOST_RECORDS);
      for (const { id } of branches) changed.delete(id);
      sent += 1;
      await outbox.send(run, runSignals.branchesChanged, { branches });
      // A rest each time, and no look at the clock for whether one is due: after a local activity a replay may read another time, and a
      // timer that is there in one of the two only is a history that does not replay.
      await sleep(BETWEEN_MS, { summary: 'next word to the run' });
    }
    isSending = false;
  }
  return {
    tell(...records) {
      for (const record of records) changed.set(record.id, record);
      if (!isSending) supervisor.keep('tell the run of branches', send);
    },
  };
}

/** Whether a branch says that it begins its `turn`-th turn: at 2, 4, 8, 16 … */
export function isWorthTelling(turn: number): boolean {
  return turn >= 2 && (turn & (turn - 1)) === 0;
}
