/** `drover gc`: lists resources and agents without an owner, and with --yes removes them. */
import type { Command } from 'commander';
import { environment } from '../../../config';
import { DroverError, ERRORS } from '../../../contract/errors';
import { collectAll, findGarbage, type Garbage } from '../../../gc';
import { installedProviders } from '../../../hosting/installed-providers';
import { wallClockMs } from '../../../lib/clock';
import { type ConnectionFlags, withClient, withConnection } from '../../lib/connection';
import { ExitWith } from '../../lib/failure';
import { type Format, print, say, table, withOutput } from '../../lib/output';
import { readSettings } from '../../lib/serve';

interface GcFlags extends ConnectionFlags {
  readonly output: Format;
  readonly yes?: boolean;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  withOutput(withConnection(program.command('gc')))
    .option('--yes', 'remove what is listed')
    .action((flags: GcFlags) => gc(flags));
}

const NO_INSTALLATION =
  'this folder belongs to no drover up or worker, so it has nothing to collect: run drover gc in the directory of one, or set DROVER_STATE_DIR';

async function gc(flags: GcFlags): Promise<void> {
  const settings = await readSettings();
  if (settings === undefined) throw new DroverError('InvalidRequest', NO_INSTALLATION);
  const providers = installedProviders(settings, environment());
  const removes = flags.yes === true;
  await withClient(flags, async (client) => {
    const { items, unjudged, unreachable } = await findGarbage(client, providers, wallClockMs());
    for (const { provider, why } of unreachable) say(`provider ${provider} does not list all that it holds: ${why}`);
    for (const item of unjudged) say(`${nameOf(item)} stays, as its owner is not known: ${item.why}`);
    const left = removes ? await collectAll(client, items, providers) : [];
    for (const item of left) say(`${nameOf(item)} is not removed: ${item.why}`);
    await print(flags.output, {
      data: { items, removed: removes && left.length === 0, left, unjudged },
      names: items.map(({ resourceId }) => resourceId),
      text: () => text(items, removes, left.length),
    });
    if (left.length > 0) throw new ExitWith(ERRORS.ProviderError.exit);
  });
}

function nameOf({ fleet, agent, resourceId }: Garbage): string {
  return `${fleet}/${agent} (${resourceId})`;
}

function text(items: readonly Garbage[], removes: boolean, left: number): string {
  if (items.length === 0) return 'nothing is left over';
  const rows = items.map(({ provider, fleet, agent, createdAt, resourceId, why, processes = [] }) => [
    provider,
    `${fleet}/${agent}`,
    createdAt,
    resourceId,
    processes.join(' ') || '-',
    why,
  ]);
  const removed = left === 0 ? 'removed' : `removed, but for ${String(left)}`;
  return `${table(['PROVIDER', 'AGENT', 'CREATED', 'RESOURCE', 'PROCESSES', 'WHY'], rows, ['CREATED', 'PROVIDER', 'PROCESSES'])}\n${removes ? removed : 'drover gc --yes removes them'}`;
}
