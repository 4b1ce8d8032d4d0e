/** `timeout(S)`: a clock that stands while the run is paused or only waits (rules of conduct, 13). */
import { condition } from '@temporalio/workflow';
import { STOPPED_CLOCK, dueAt, setRunning } from '../rules/paused-clock';
import type { RunLife } from './run-life';

/** Stops the run when its time is over. Ends with the run. */
export async function keepRunTime(life: RunLife): Promise<void> {
  const { timeoutS } = life.topology.rules;
  if (timeoutS === null) return;
  let clock = setRunning(STOPPED_CLOCK, life.isTimed(), Date.now());
  while (life.result === null && life.stop.reason() === null) {
    const seen = life.version;
    const due = dueAt(clock, Math.round(timeoutS * 1_000));
    const isChanged = (): boolean => life.version !== seen;
    if (due === null) await condition(isChanged);
    else if (
      !(await condition(() => (isChanged() && !life.isTimed()) || isOver(life), Math.max(1, due - Date.now()), {
        summary: 'timeout of the run',
      }))
    )
      life.stop.stop(`timeout(${String(timeoutS)}) reached`);
    clock = setRunning(clock, life.isTimed(), Date.now());
  }
}

function isOver({ result, stop }: RunLife): boolean {
  return result !== null || stop.reason() !== null;
}
