/** The time of a workflow task, for what a run or a change records. */
import { workflowInfo } from '@temporalio/workflow';
import { stampMs } from './iso-now';

/**
 * Returns a clock that does not move during a workflow task, in epoch milliseconds. After a local activity within the task the SDK's clock
 * goes on, and a replay reads another time there; both read the same time at the beginning. Create one per workflow.
 */
export function createStamp(): () => number {
  let task = -1;
  let at = 0;
  return () => {
    const { historyLength } = workflowInfo();
    if (historyLength !== task) at = stampMs();
    task = historyLength;
    return at;
  };
}
