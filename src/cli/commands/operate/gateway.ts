/** `drover gateway`. */
import type { Command } from 'commander';
import { openLog } from '../../../log';
import { startGateway } from '../../../server';
import { type ConnectionFlags, connectionSettings, withConnection } from '../../lib/connection';
import { say } from '../../lib/output';
import { loadSettings, stopRequested } from '../../lib/serve';

/** Adds the command to the program. */
export function register(program: Command): void {
  withConnection(program.command('gateway')).action((flags: ConnectionFlags) => serve(flags));
}

async function serve(flags: ConnectionFlags): Promise<void> {
  const { settings } = await loadSettings();
  const stop = stopRequested();
  const gateway = await startGateway({
    settings,
    connection: connectionSettings(flags),
    log: openLog(settings.logLevel),
  });
  say(`drover: gateway at ${gateway.url}`);
  await stop.asked;
  await gateway.stop();
}
