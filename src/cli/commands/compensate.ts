/** `drover compensate`: once more, where the undo of a change had failed. */
import type { Command } from 'commander';
import { DroverError } from '../../contract/errors';
import { plainName, parseWhole } from '../lib/arguments';
import { followChange } from '../lib/changes';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { type Format, print, withOutput } from '../lib/output';

interface CompensateFlags extends ConnectionFlags {
  readonly output: Format;
  readonly attempt?: number;
}

export function register(program: Command): void {
  withOutput(withConnection(program.command('compensate').argument('<fleet>')))
    .option('--attempt <n>', 'number of the attempt (default: one more than the last)', parseWhole)
    .action((name: string, flags: CompensateFlags) => compensate(plainName(name), flags));
}

async function compensate(fleet: string, flags: CompensateFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const { change } = await client.fleets.describe(fleet);
    if (!change?.compensation) {
      throw new DroverError('CompensationStateError', `fleet ${fleet} has no change that was to be undone`);
    }
    const { changeId, revision } = change;
    const attempt = flags.attempt ?? change.compensation.attempt + 1;
    await client.fleets.compensate(fleet, { attempt, revision });
    const ended = await followChange(client, fleet, { changeId, revision }, { good: 'rolled back' });
    await print(flags.output, {
      data: ended,
      names: [fleet],
      text: () => `revision ${String(revision)} of fleet ${fleet} is undone (attempt ${String(attempt)})`,
    });
  });
}
