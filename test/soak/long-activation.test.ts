/** An activation that takes longer than 5 s: the SDK's own limit makes Node abort, ours does not (decision 18). */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { devServer } from '../support/env';
import { shared } from '../support/shared';

const env = devServer();

/** Longer than the SDK's 5 s, shorter than the server's 10 s for a workflow task. */
const BUSY_MS = 7_000;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

let bundle = '';
beforeAll(async () => {
  const quiet = () => undefined;
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(__dirname, 'busy/index.ts'), logger });
  bundle = join(shared().folder, 'busy.js');
  writeFileSync(bundle, code);
});

function startWorker(taskQueue: string, limit: 'drover' | 'sdk'): { child: ChildProcess; ended: Promise<Ended> } {
  const register = join(__dirname, '../support/register-ts.cjs');
  const file = join(__dirname, 'busy/worker.ts');
  const child = spawn(process.execPath, ['-r', register, file, env.address, taskQueue, bundle, limit], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stderr })));
  return { child, ended };
}

async function startBusy(taskQueue: string) {
  return env.client.workflow.start('busy', { workflowId: `busy-${randomUUID()}`, taskQueue, args: [BUSY_MS] });
}

it("under the SDK's limit the process aborts: the reason for ours still stands", async () => {
  env.skipReplay('the workflow reads the real time');
  env.allowFailedTasks();
  const taskQueue = `busy-${randomUUID()}`;
  const { child, ended } = startWorker(taskQueue, 'sdk');
  try {
    const handle = await startBusy(taskQueue);
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('async hook stack has become corrupted') as string,
    });
    await handle.terminate();
  } finally {
    child.kill('SIGKILL');
  }
}, 60_000);

it('under ours it ends as it would have ended sooner', async () => {
  env.skipReplay('the workflow reads the real time');
  const taskQueue = `busy-${randomUUID()}`;
  const { child, ended } = startWorker(taskQueue, 'drover');
  try {
    const handle = await startBusy(taskQueue);
    const first: unknown = await Promise.race<unknown>([handle.result(), ended]);
    expect(first).toBe('done');
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}, 60_000);
