/** The composition of a worker: options that the SDK's types do not know, and the workflows as they run without a build. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { buildId } from '../src/hosting/build-id';
import { resolveSettings } from '../src/config';
import { AGENT_WORKFLOW, agentWorkflowId, queues } from '../src/contract/names';
import { parseConfig } from '../src/contract/schemas/config';
import { openStateDirectory } from '../src/dev/state-dir';
import { startWorker } from '../src/worker';
import { devServer } from './support/env';
import { failedTasks } from './support/strangers';

const env = devServer();

it('lets an activation of a workflow take its time, and takes signals of any name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-worker-'));
  const create = jest.spyOn(Worker, 'create');
  const queuePrefix = `test-${randomUUID()}`;
  const settings = resolveSettings(
    parseConfig({ DROVER_QUEUE_PREFIX: queuePrefix }),
    await openStateDirectory(join(folder, 'state')),
  );
  const worker = await startWorker({ settings, connection: { address: env.address, bare: true }, environment: {} });
  try {
    const made = await Promise.all(create.mock.results.map(({ value }) => value as Promise<Worker>));
    const main = made.find(({ options }) => options.taskQueue === queues.main(queuePrefix));
    expect(main?.options.isolateExecutionTimeoutMs).toBe(2 ** 32 - 1);

    const [fleet, agent] = [`f-${randomUUID()}`, 'a'];
    const handle = await env.client.workflow.start(AGENT_WORKFLOW, {
      workflowId: agentWorkflowId(fleet, agent),
      taskQueue: queues.main(queuePrefix),
      args: [{ v: 1, fleet, agent }],
    });
    await handle.signal('__temporal_x');
    expect(await handle.query('describe')).toMatchObject({ fleet, name: agent });
    expect(await failedTasks(handle)).toBe(0);
    const { events } = await handle.fetchHistory();
    const completed = events?.find(({ workflowTaskCompletedEventAttributes: task }) => task);
    expect(completed?.workflowTaskCompletedEventAttributes).toMatchObject({
      workerDeploymentName: 'drover',
      workerVersion: { buildId: buildId() },
    });
  } finally {
    create.mockRestore();
    await worker.stop();
    rmSync(folder, { recursive: true });
  }
});
