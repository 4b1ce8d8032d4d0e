/** `drover gc`: lists what providers hold and nobody owns, and with --yes removes it. */
import type { Command } from 'commander';
import { environment } from '../config';
import { collect, findGarbage } from '../gc';
import { installedProviders } from '../installed-providers';
import { wallClockMs } from '../lib/clock';
import { type ConnectionFlags, withClient, withConnection } from './connection';
import { type Format, print, say, table, withOutput } from './output';
import { loadSettings } from './serve';

interface GcFlags extends ConnectionFlags {
  readonly output: Format;
  readonly yes?: boolean;
}

export function register(program: Command): void {
  withOutput(withConnection(program.command('gc')))
    .option('--yes', 'remove what is listed')
    .action((flags: GcFlags) => gc(flags));
}

async function gc(flags: GcFlags): Promise<void> {
  const { settings } = await loadSettings();
  const providers = installedProviders(settings, environment());
  const removes = flags.yes === true;
  const items = await withClient(flags, async (client) => {
    const found = await findGarbage(client, providers, wallClockMs());
    for (const { provider, why } of found.unreachable) say(`provider ${provider} was not asked: ${why}`);
    if (removes) for (const item of found.items) await collect(client, item, providers);
    return found.items;
  });
  await print(flags.output, {
    data: { items, removed: removes },
    names: items.map(({ resourceId }) => resourceId),
    text: () => {
      if (items.length === 0) return 'nothing is left over';
      const rows = items.map(({ provider, fleet, agent, createdAt, resourceId, why }) => [
        provider,
        `${fleet}/${agent}`,
        createdAt,
        resourceId,
        why,
      ]);
      return `${table(['PROVIDER', 'AGENT', 'CREATED', 'RESOURCE', 'WHY'], rows)}\n${removes ? 'removed' : 'drover gc --yes removes them'}`;
    },
  });
}
