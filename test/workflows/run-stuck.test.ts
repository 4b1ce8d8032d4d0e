/** Branches that never end, or cannot start: a run waits for nobody for ever (rules of conduct, 12). */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode } from '@temporalio/worker';
import { AGENT_WORKFLOW } from '../../src/contract/names';
import { timeSkipping } from '../support/env';
import { shared, type WorkflowBundle } from '../support/shared';
import { command, startRun, withRuns } from './run-harness';

const env = timeSkipping();

const MINUTE = 60_000;
const script = { A: [{ action: 'final', response: 'a' }] };
const topology = { flows: ['Start -> A'] };

async function stuckBundle(): Promise<WorkflowBundle> {
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(__dirname, 'stuck/index.ts'), logger });
  const codePath = join(shared().folder, 'stuck.js');
  writeFileSync(codePath, code);
  return { codePath };
}

it('a cancelled run gives a branch a minute to end', async () => {
  const bundle = await stuckBundle();
  await withRuns(
    env,
    async (taskQueue) => {
      const run = await startRun(env, taskQueue, { topology, script });
      await run.untilBranch('0', () => true).catch(() => null);
      const began = await env.now();
      await command(run, 'cancel', { reason: 'enough' });
      const result = await run.result();
      expect(result).toMatchObject({ success: false, error: 'cancelled: enough' });
      expect(result.branches[0]).toMatchObject({ id: '0', outcome: 'abandoned' });
      expect(result.branches[0]?.error).toContain('did not say how it ended');
      const { closeTime } = await run.handle.describe();
      expect((closeTime?.getTime() ?? NaN) - began).toBeGreaterThanOrEqual(MINUTE);
      expect((closeTime?.getTime() ?? NaN) - began).toBeLessThan(2 * MINUTE);
    },
    { bundle },
  );
});

it('its timeout does the same', async () => {
  const bundle = await stuckBundle();
  await withRuns(
    env,
    async (taskQueue) => {
      const run = await startRun(env, taskQueue, { topology: { ...topology, rules: ['timeout(30)'] }, script });
      expect(await run.result()).toMatchObject({ success: false, error: 'timeout(30) reached' });
    },
    { bundle },
  );
});

it('a branch whose place is taken by somebody else has failed, and says so', async () => {
  await withRuns(env, async (taskQueue) => {
    const fleet = `taken-${taskQueue.slice(-8)}`;
    const external = { v: 1, fleet, agent: 'other' };
    await env.client.workflow.start(AGENT_WORKFLOW, {
      workflowId: `run/${fleet}/simulation/0`,
      taskQueue,
      args: [external],
    });
    const result = await (await startRun(env, taskQueue, { fleet, topology, script })).result();
    expect(result.error).toMatch(
      /^ROOT failure: insufficient arrivals: 0 of 1 \(A: branch 0 \(A\) was lost: .*already/,
    );
  });
});
