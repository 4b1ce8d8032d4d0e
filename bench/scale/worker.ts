/** A worker of a scale run, with the shipped bundle and the settings of `drover worker`. It says the address of its metrics. */
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { Calls } from '../../src/client/temporal/calls';
import { queues } from '../../src/contract/names';
import { freePorts } from '../../src/dev/ports';
import { UNINTERRUPTED } from '../../src/hosting/activation-time';
import { DATA_CONVERTER } from '../../src/hosting/data-converter';
import { messageActivities } from '../activities';

/** The argument of the process. */
export interface WorkerArgument {
  readonly address: string;
  readonly prefix: string;
  readonly bundle: string;
  /** Workflows in its cache. */
  readonly cached: number;
}

async function main({ address, prefix, bundle, cached }: WorkerArgument): Promise<void> {
  const [port = 0] = await freePorts(1);
  const bindAddress = `127.0.0.1:${String(port)}`;
  Runtime.install({
    // The logs of thousands of agents say nothing here; failed tasks are counted from the metrics.
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { metrics: { prometheus: { bindAddress } } },
    shutdownSignals: [],
  });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: queues.main(prefix),
    workflowBundle: { codePath: bundle },
    maxCachedWorkflows: cached,
    stickyQueueScheduleToStartTimeout: '3s',
    ...UNINTERRUPTED,
    dataConverter: DATA_CONVERTER,
    // Local ones only: the provider is in another process.
    activities: messageActivities(new Calls(new Client({ connection })), 'scale'),
    enableNonLocalActivities: false,
    shutdownGraceTime: '1s',
    shutdownForceTime: '5s',
  });
  process.once('SIGTERM', () => {
    worker.shutdown();
  });
  // Its conductor has ended, however that was.
  process.once('disconnect', () => process.exit(1));
  process.send?.(`http://${bindAddress}/metrics`);
  await worker.run();
  await connection.close();
  process.exit(0);
}

void main(JSON.parse(process.argv[2] ?? '') as WorkerArgument);
