/** `drover audit`: who did what through the gateway of this directory. */
import type { Command } from 'commander';
import { readAuditFile } from '../../../audit-file';
import type { AuditEntry } from '../../../contract/caller/audit';
import { wallClockMs } from '../../../lib/clock';
import { durationOption } from '../../lib/arguments';
import { type Format, print, table, withOutput } from '../../lib/output';
import { stateFolder } from '../../lib/state-folder';

interface AuditFlags {
  readonly output: Format;
  readonly since: number;
  readonly refused?: boolean;
}

export function register(program: Command): void {
  withOutput(program.command('audit'))
    .addOption(durationOption('--since <duration>', 'how far back', '24h'))
    .option('--refused', 'refused calls only')
    .action((flags: AuditFlags) => audit(flags));
}

async function audit({ output, since, refused }: AuditFlags): Promise<void> {
  const all = readAuditFile(stateFolder(), wallClockMs() - since);
  const items = refused ? all.filter(({ code }) => code !== null) : all;
  await print(output, {
    data: { items, nextPageToken: null },
    names: items.map(whoOf),
    text: () =>
      table(
        ['AT', 'WHO', 'ROLE', 'FROM', 'DID', 'RESULT', 'REQUEST'],
        items.map((entry) => [
          entry.at,
          whoOf(entry),
          entry.role ?? '-',
          entry.from ?? '-',
          didOf(entry),
          `${String(entry.status)}${entry.code === null ? '' : ` ${entry.code}`}`,
          entry.requestId ?? '-',
        ]),
        ['REQUEST', 'FROM', 'ROLE'],
      ),
  });
}

function whoOf({ who }: AuditEntry): string {
  return who ?? '(no valid token)';
}

function didOf({ method, path, more }: AuditEntry): string {
  return more === undefined ? `${method} ${path}` : `${String(more)} further calls`;
}
