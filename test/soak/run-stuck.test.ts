/** Branches that never end: a run limits each wait (docs/workflow-rules.md, rule 12). In real time, as the time-skipping server stands still once a parent has closed before its child. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { bundleWorkflowCode } from '@temporalio/worker';
import { devServer } from '../support/env';
import { shared, type WorkflowBundle } from '../support/shared';
import { eventually } from '../workflows/agent/harness';
import { command, startRun, withRuns } from '../workflows/run/harness';

const env = devServer();

const MINUTE = 60_000;
const final = [{ action: 'final', response: 'done' }];
const script = { A: final, B: final };
// Two agents at the start: a branch of a fan-out has a workflow of its own.
const topology = { flows: ['Start -> A', 'Start -> B'] };

async function stuckBundle(): Promise<WorkflowBundle> {
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(__dirname, 'stuck/index.ts'), logger });
  const codePath = join(shared().folder, 'stuck.js');
  writeFileSync(codePath, code);
  return { codePath };
}

it(
  'a run that is cancelled, or out of time, gives a branch a minute to end',
  async () => {
    const bundle = await stuckBundle();
    await withRuns(
      env,
      async (taskQueue) => {
        const started = (rules: string[]) =>
          startRun(env, taskQueue, {
            fleet: `stuck-${String(rules.length)}`,
            topology: { ...topology, rules },
            script,
          });
        const cancelled = await started([]);
        const late = await started(['timeout(30)']);
        await eventually(cancelled.view, ({ branches }) => branches.length === 2);
        const began = Date.now();
        await command(cancelled, 'cancel', { reason: 'enough' });
        for (const [run, error, afterMs] of [
          [cancelled, 'cancelled: enough', MINUTE],
          [late, 'timeout(30) reached', 1.5 * MINUTE],
        ] as const) {
          const result = await run.result();
          expect(result).toMatchObject({ success: false, error });
          expect(result.branches[0]).toMatchObject({ id: '0', outcome: 'abandoned' });
          expect(result.branches[0]?.error).toContain('did not say how it ended');
          const { closeTime } = await run.handle.describe();
          const tookMs = (closeTime?.getTime() ?? NaN) - began;
          expect(tookMs).toBeGreaterThanOrEqual(afterMs - 5_000);
          expect(tookMs).toBeLessThan(afterMs + MINUTE / 2);
        }
      },
      { bundle },
    );
  },
  4 * MINUTE,
);
