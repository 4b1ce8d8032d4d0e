/** A worker in a process of its own: `worker.ts ADDRESS QUEUE BUNDLE drover|sdk`, the last for whose limit of an activation applies. */
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { UNINTERRUPTED } from '../../../src/hosting/activation-time';

async function main([address = '', taskQueue = '', codePath = '', limit = '']: readonly string[]): Promise<void> {
  Runtime.install({ shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address });
  const options = limit === 'drover' ? UNINTERRUPTED : {};
  const worker = await Worker.create({ connection, taskQueue, workflowBundle: { codePath }, ...options });
  await worker.run();
}

void main(process.argv.slice(2));
