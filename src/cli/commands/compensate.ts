/** `drover compensate`: runs a failed compensation again. */
import type { Command } from 'commander';
import { DroverError } from '../../contract/errors';
import { plainName, parseWhole, requestIdOption, requestOf } from '../lib/arguments';
import { followChange } from '../lib/changes';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { type Format, print, withOutput } from '../lib/output';

interface CompensateFlags extends ConnectionFlags {
  readonly output: Format;
  readonly attempt?: number;
  readonly requestId?: string;
}

export function register(program: Command): void {
  withOutput(withConnection(program.command('compensate').argument('<fleet>')))
    .option('--attempt <n>', 'number of the attempt (default: one more than the last)', parseWhole)
    .addOption(requestIdOption())
    .action((name: string, flags: CompensateFlags) => compensate(plainName(name), flags));
}

async function compensate(fleet: string, flags: CompensateFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const { attempt } = flags;
    const request = { ...(attempt === undefined ? {} : { attempt }), ...requestOf(flags) };
    const { change } = await client.fleets.compensate(fleet, request);
    if (!change) throw new DroverError('CompensationStateError', `fleet ${fleet} has no failed change to undo`);
    const ended = await followChange(client, fleet, change, { good: 'rolled_back' });
    const tried = String(ended?.compensation?.attempt ?? attempt);
    await print(flags.output, {
      data: ended,
      names: [fleet],
      text: () => `revision ${String(change.revision)} of fleet ${fleet} is undone (attempt ${tried})`,
    });
  });
}
