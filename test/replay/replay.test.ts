import { historyFolders, MUST_FAIL, readHistories } from '../support/recorded';
import { replayProblems } from '../support/replay';
import { workflowBundle } from '../support/shared';

test.each(historyFolders())('%s has histories, and every one of them replays', async (folder) => {
  const histories = readHistories(folder);
  expect(histories.length).toBeGreaterThan(0);
  expect(await replayProblems(histories, workflowBundle())).toEqual([]);
});

test('a history of other workflows does not replay', async () => {
  const histories = readHistories(MUST_FAIL);
  expect(histories.length).toBeGreaterThan(0);
  expect(await replayProblems(histories, workflowBundle())).toHaveLength(histories.length);
});
