/**
 * A worker in its own process, to measure its memory: `node --expose-gc cached-worker.js ADDRESS
 * QUEUE BUNDLE`.
 */
import { NativeConnection, Worker } from '@temporalio/worker';

/** More than the row starts, so that nothing is evicted. */
const CACHED = 2_000;

async function main([address = '', taskQueue = '', codePath = '']: readonly string[]): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath },
    maxCachedWorkflows: CACHED,
    shutdownForceTime: '5s',
  });
  process.on('message', (asked) => {
    if (asked === 'stop') worker.shutdown();
    else process.send?.(residentMb());
  });
  process.send?.('ready');
  await worker.run();
  await connection.close();
  process.disconnect();
}

/** The resident set in MB, after a garbage collection. */
function residentMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1024 ** 2;
}

void main(process.argv.slice(2));
