/** `drover worker`. */
import type { Command } from 'commander';
import { environment } from '../../../config';
import { DroverError } from '../../../contract/errors';
import { openLog } from '../../../log';
import { installRuntime, startWorker } from '../../../worker';
import { QUEUE_KINDS, type QueueKind } from '../../../hosting/queues';
import { type ConnectionFlags, connectionSettings, withConnection } from '../../lib/connection';
import { say } from '../../lib/output';
import { loadSettings, stopRequested } from '../../lib/serve';

interface WorkerFlags extends ConnectionFlags {
  readonly queues?: string;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  withConnection(program.command('worker'))
    .option('--queues <list>', `which queues to serve, of ${QUEUE_KINDS.join(',')} (default: all)`)
    .action((flags: WorkerFlags) => work(flags));
}

async function work(flags: WorkerFlags): Promise<void> {
  const serve = queueKinds(flags.queues);
  const { settings } = await loadSettings();
  installRuntime(openLog(settings.logLevel), settings.metrics);
  const stop = stopRequested();
  const worker = await startWorker({
    settings,
    connection: connectionSettings(flags),
    environment: environment(),
    serve,
  });
  say(`drover: worker of ${settings.queuePrefix} serves ${serve.join(', ')} on host ${settings.host}`);
  await Promise.race([stop.asked, worker.ended]);
  await worker.stop();
}

function queueKinds(list: string | undefined): readonly QueueKind[] {
  if (list === undefined) return QUEUE_KINDS;
  return list.split(',').map((word) => {
    const kind = QUEUE_KINDS.find((known) => known === word.trim());
    if (kind) return kind;
    throw new DroverError('InvalidRequest', `--queues ${list}: "${word}" is not one of ${QUEUE_KINDS.join(', ')}`);
  });
}
