/** Undoes the finished turns of a run that failed or was cancelled, newest first (docs/coordination.md, "What an agent replies"). */
import { CancellationScope } from '@temporalio/workflow';
import { COMPENSATION_LIMIT_MS, finishAttempt, settleEntry, undoOrder } from '../../rules/change/compensation';
import type { Undo } from '../../rules/coordination/state';
import { beginUndo } from '../../rules/run/undo';
import { undoTurnActivity } from '../activities/turns';
import type { RunLife } from './life';
import { startTimer } from '../shared/timer';
import { isoNow } from '../shared/iso-now';
import { undoError } from '../shared/undo-error';

/** Asks one agent after the other. Records a turn that cannot be undone, and continues with the earlier turns. */
export async function undoTurns(life: RunLife, undos: readonly Undo[], why: string): Promise<void> {
  const { fleet, run } = life.input;
  const begun = beginUndo(fleet, run, undos, why, isoNow());
  if (begun === null) return;
  life.undone(begun);
  const payloads = new Map(undos.map(({ turnId, undo }) => [turnId, undo]));
  let record = begun;
  const scope = new CancellationScope();
  const endTimer = startTimer(life.supervisor, COMPENSATION_LIMIT_MS, () => scope.cancel(), 'undo of the run');
  for (const { name: agent, key: turnId } of undoOrder(begun)) {
    try {
      const call = { fleet, agent, turnId, undo: payloads.get(turnId) ?? null };
      await scope.run(() => undoTurnActivity(`undo ${turnId} of ${fleet}/${agent}`).undoTurn(call));
      record = settleEntry(record, turnId, 'undone', isoNow());
    } catch (error) {
      record = settleEntry(record, turnId, 'failed', isoNow(), undoError(error));
    }
    life.undone(record);
  }
  endTimer();
  life.undone(finishAttempt(record, isoNow()).record);
}
