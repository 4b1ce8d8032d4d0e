import { devServer } from '../../support/env';
import { startRun, withRuns } from './harness';

const env = devServer();

const final = [{ action: 'final', response: 1 }];
const script = { A: final, B: final };
const topology = { flows: ['Start -> A', 'Start -> B'] };

it('a branch whose place another workflow has taken fails, and says so', async () => {
  await withRuns(env, async (taskQueue) => {
    const fleet = `taken-${taskQueue.slice(-8)}`;
    // No worker takes it, so it keeps the id.
    const other = { workflowId: `run/${fleet}/simulation/0`, taskQueue: `${taskQueue}-none` };
    await env.client.workflow.start('other', other);
    const result = await (await startRun(env, taskQueue, { fleet, topology, script })).result();
    expect(result.error).toMatch(
      /^ROOT failure: insufficient arrivals: 1 of 2 \(A: branch 0 \(A\) was lost: .*already/,
    );
  });
});
