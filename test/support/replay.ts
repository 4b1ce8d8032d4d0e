/** Replays histories against a bundle. */
import type { RecordedHistory } from '../../src/testing/server/histories';
import { replayProblems as replay } from '../../src/testing/server/replay';
import { keepHistory } from './recorded';
import type { WorkflowBundle } from './shared';

export { taskProblems } from '../../src/testing/server/replay';

/** The histories that the workflows of the bundle do not repeat, one sentence each; they are kept in a temporary folder. */
export function replayProblems(
  histories: readonly RecordedHistory[],
  workflowBundle: WorkflowBundle,
): Promise<string[]> {
  return replay(histories, { workflowBundle }, keepHistory);
}
