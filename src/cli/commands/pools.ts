/** `drover pools reset POOL [CREDENTIAL]`. */
import type { Command } from 'commander';
import { plainName, requestIdOption, commandOf } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { type Format, print, withOutput } from '../lib/output';
import { poolText } from '../text/pool';

interface PoolFlags extends ConnectionFlags {
  readonly output: Format;
  readonly requestId?: string;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  const reset = program.command('pools').command('reset').description('forget failures: assign it again at once');
  withOutput(withConnection(reset.argument('<pool>').argument('[credential]').addOption(requestIdOption()))).action(
    async (pool: string, credential: string | undefined, flags: PoolFlags) => {
      const view = await withClient(flags, ({ pools }) => pools.reset(plainName(pool), credential, commandOf(flags)));
      await print(flags.output, { data: view, names: [view.pool], text: () => poolText(view) });
    },
  );
}
