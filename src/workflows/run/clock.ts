/** `timeout(S)`: a clock that stops while the run is paused or only waits (docs/workflow-rules.md, rule 13). */
import { STOPPED_CLOCK, dueAt, setRunning } from '../../rules/agent/turns/paused-clock';
import type { RunLife } from './life';
import { until, untilOr } from '../shared/until';

/** Returns work that stops the run at its timeout and ends with the run. A retry of the work continues with the time already used. */
export function runTime(life: RunLife): (clearTrouble: () => void) => Promise<void> {
  const { timeoutS } = life.topology.rules;
  if (timeoutS === null) return async () => undefined;
  const limitMs = Math.round(timeoutS * 1_000);
  let clock = setRunning(STOPPED_CLOCK, life.isTimed(), Date.now());
  return async (clearTrouble) => {
    while (!isOver(life)) {
      const seen = life.version;
      const due = dueAt(clock, limitMs);
      const isChanged = (): boolean => life.version !== seen;
      const isNews = (): boolean => (isChanged() && !life.isTimed()) || isOver(life);
      if (due === null) await until(isChanged);
      else if (!(await untilOr(isNews, Math.max(1, due - Date.now()), 'timeout of the run')))
        life.stop.stop(`timeout(${String(timeoutS)}) reached`);
      clock = setRunning(clock, life.isTimed(), Date.now());
      clearTrouble();
    }
  };
}

function isOver({ result, stop }: RunLife): boolean {
  return result !== null || stop.reason() !== null;
}
