/** How long Drover goes on trying, on skipped time: webhooks and undos. */
import { ApplicationFailure } from '@temporalio/common';
import { NOTIFY_WORKFLOW } from '../../../src/contract/names';
import { timeSkipping } from '../../support/env';
import { withWorker } from '../../support/worker';
import { startRun } from '../run/harness';

const env = timeSkipping();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test('a webhook that never takes an event is tried for three days, at least once an hour, and then given up', async () => {
  const triedAt: number[] = [];
  const postWebhook = async (): Promise<void> => {
    triedAt.push(await env.now());
    throw new Error('answered 500');
  };
  await withWorker({ env, activities: { postWebhook } }, async (taskQueue) => {
    const event = { id: 'evt_patience', type: 'agent.failed', at: new Date(0).toISOString(), data: {} };
    const handle = await env.client.workflow.start(NOTIFY_WORKFLOW, {
      workflowId: `notify/${event.id}`,
      taskQueue,
      args: [{ v: 1, event, target: { url: 'http://127.0.0.1:1/' } }],
    });
    await expect(handle.result()).rejects.toThrow();
  });
  const gaps = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(HOUR + MINUTE);
  const triedFor = (triedAt.at(-1) ?? 0) - (triedAt[0] ?? 0);
  expect(triedFor).toBeGreaterThan(71 * HOUR);
  expect(triedFor).toBeLessThanOrEqual(72 * HOUR);
});

test('an undo that fails is tried ten times, then it is a failed entry', async () => {
  let tried = 0;
  const undoTurn = async (): Promise<void> => {
    tried += 1;
    throw ApplicationFailure.retryable('not there');
  };
  await withWorker({ env, activities: { undoTurn } }, async (taskQueue) => {
    const script = {
      A: [{ action: 'invoke', invocations: [{ agent: 'B', request: 1 }], undo: 'a1' }],
      B: [{ action: 'fail', error: 'no' }],
    };
    const run = await startRun(env, taskQueue, { topology: { flows: ['Start -> A', 'A <-> B'] }, script });
    await run.result();
    expect((await run.view()).compensation).toMatchObject({ state: 'failed', entries: [{ outcome: 'failed' }] });
  });
  expect(tried).toBe(10);
});
