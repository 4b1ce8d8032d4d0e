/**
 * `drover audit`: who did what through the gateway of this directory, and as the workflows have recorded it; both from the gateway of
 * `DROVER_GATEWAY_URL`, if that is set.
 */
import { type Command, Option } from 'commander';
import { readAuditFile } from '../../../audit-file';
import { environment } from '../../../config';
import type { AuditEntry, AuditFilter } from '../../../contract/caller/audit';
import { DroverError } from '../../../contract/errors';
import { CALLS } from '../../../contract/schemas/http';
import { wallClockMs } from '../../../lib/clock';
import { agentRef, durationOption, plainName, runRef } from '../../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../../lib/connection';
import { askGateway } from '../../lib/gateway';
import { type Format, print, say, table, withOutput } from '../../lib/output';
import { stateFolder } from '../../lib/state-folder';

/** As many as a gateway answers with, and more than a person reads. */
const MOST_ENTRIES = 1_000;

/** How long a person who only wants the file waits for a server that may not be there. */
const REACHED_WITHIN_MS = 2_000;

const answerSchema = CALLS.audit.answer;

interface AuditFlags extends ConnectionFlags {
  readonly output: Format;
  readonly since: number;
  readonly refused?: boolean;
  readonly fleet?: string;
  readonly agent?: string;
  readonly run?: string;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  withOutput(withConnection(program.command('audit')))
    .addOption(durationOption('--since <duration>', 'how far back', '24h'))
    .option('--refused', 'refused calls only')
    .addOption(new Option('--fleet <fleet>', 'what was done to this fleet').argParser(plainName))
    .addOption(new Option('--agent <fleet/agent>', 'what was done to this agent').conflicts(['fleet', 'run']))
    .addOption(new Option('--run <fleet/run>', 'what was done to this run').conflicts(['fleet', 'agent']))
    .action((flags: AuditFlags) => audit(flags));
}

async function audit(flags: AuditFlags): Promise<void> {
  const { output, since, refused } = flags;
  const filter: AuditFilter = {
    sinceMs: wallClockMs() - since,
    limit: MOST_ENTRIES,
    ...(refused && { refused }),
    ...namedBy(flags),
  };
  const isElsewhere = environment()['DROVER_GATEWAY_URL'] !== undefined;
  const newest = isElsewhere ? await readThere(filter) : await readHere(filter, flags);
  const items = [...newest].reverse();
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

function namedBy({ fleet, agent, run }: AuditFlags): Pick<AuditFilter, 'fleet' | 'agent' | 'run'> {
  if (agent !== undefined) return agentRef(agent);
  if (run !== undefined) return runRef(run);
  return fleet === undefined ? {} : { fleet };
}

async function readHere(filter: AuditFilter, flags: ConnectionFlags): Promise<readonly AuditEntry[]> {
  const trail = readAuditFile(stateFolder(), filter);
  try {
    const { items, unread } = await withClient(flags, async (client) => {
      await client.check({ timeoutMs: REACHED_WITHIN_MS });
      return client.audit.joined(trail, filter);
    });
    sayUnread(unread, null);
    return items;
  } catch (error) {
    // The file is of use also while Temporal does not answer.
    if (!(error instanceof DroverError) || !['Unavailable', 'Timeout'].includes(error.code)) throw error;
    sayUnread(0, error.message);
    return trail;
  }
}

function sayUnread(unread: number, problem: string | null): void {
  if (problem !== null) say(`drover: only what went through the gateway, without commands at a terminal: ${problem}`);
  if (unread > 0) say(`drover: ${String(unread)} workflows were not asked, or did not answer`);
}

async function readThere({ sinceMs, limit, fleet, agent, run, refused }: AuditFilter): Promise<readonly AuditEntry[]> {
  const asked = { since: new Date(sinceMs).toISOString(), limit: String(limit), fleet, agent, run };
  const known = Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const query = new URLSearchParams([...known, ...(refused ? [['refused', 'true'] as [string, string]] : [])]);
  const { items, unread, problem } = answerSchema.parse(await askGateway(`/v1/audit?${query.toString()}`));
  sayUnread(unread, problem);
  return items;
}

function whoOf({ who }: AuditEntry): string {
  return who ?? '(no valid token)';
}

function didOf({ method, path, more, source }: AuditEntry): string {
  if (source !== undefined) return `drover ${method} ${path}`;
  return more === undefined ? `${method} ${path}` : `${String(more)} further calls`;
}
