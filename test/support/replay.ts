/** Replays histories against a bundle. */
import type { RecordedHistory } from '../../src/testing/server/histories';
import { replayProblems as replay } from '../../src/testing/server/replay';
import type { WorkflowBundle } from './shared';

export { taskProblems } from '../../src/testing/server/replay';

/** The histories that the workflows of the bundle do not repeat, one sentence each. */
export function replayProblems(
  histories: readonly RecordedHistory[],
  workflowBundle: WorkflowBundle,
): Promise<string[]> {
  return replay(histories, { workflowBundle });
}
