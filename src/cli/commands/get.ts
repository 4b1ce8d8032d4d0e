/** `drover get agents|fleets|runs|pools`: lists from the visibility store. */
import { type Command, Option } from 'commander';
import { allPages } from '../../client/temporal/pages';
import type { AgentListItem, AgentStatus, Liveness, Unknown } from '../../contract/agent';
import type { FleetListItem } from '../../contract/fleet';
import type { PoolListItem } from '../../contract/pool';
import type { RunListItem, RunState } from '../../contract/run';
import { parseCount, plainName } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { colors, compareNames, type Format, print, say, table, withOutput } from '../lib/output';
import { painted } from '../text/paint';

interface GetFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fleet?: string;
  readonly status?: AgentStatus | Unknown;
  readonly liveness?: Liveness | Unknown;
  readonly state?: RunState | Unknown;
  readonly limit?: number;
}

const STATUSES: readonly (AgentStatus | Unknown)[] = [
  'pending',
  'running',
  'paused',
  'stopped',
  'failed',
  'terminated',
  'unknown',
];
const LIVENESSES: readonly (Liveness | Unknown)[] = ['starting', 'ready', 'degraded', 'offline', 'unknown'];

const RUN_STATES: readonly (RunState | Unknown)[] = [
  'running',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'unknown',
];

export function register(program: Command): void {
  const get = program.command('get');
  const list = (name: string, summary: string) => withOutput(withConnection(get.command(name).description(summary)));

  list('agents', 'list agents')
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .addOption(new Option('--status <status>', 'in this status only').choices(STATUSES))
    .addOption(new Option('--liveness <liveness>', 'of this liveness only').choices(LIVENESSES))
    .action((flags: GetFlags) => getAgents(flags));
  list('fleets', 'list fleets').action((flags: GetFlags) => getFleets(flags));
  list('pools', 'list pools of credentials').action((flags: GetFlags) => getPools(flags));
  list('runs', 'list runs')
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .addOption(new Option('--state <state>', 'in this state only').choices(RUN_STATES))
    .option('--limit <count>', 'the newest ones only, at most this many', parseCount)
    .action((flags: GetFlags) => getRuns(flags));
}

async function getAgents(flags: GetFlags): Promise<void> {
  const { fleet, status, liveness } = flags;
  const filter = { ...(fleet && { fleet }), ...(status && { status }), ...(liveness && { liveness }) };
  const items = await withClient(flags, ({ agents }) => allPages<AgentListItem>((page) => agents.list(filter, page)));
  items.sort((a, b) => compareNames(agentName(a), agentName(b)));
  const paint = painted(colors());
  await print(flags.output, {
    data: { items, nextPageToken: null },
    names: items.map(agentName),
    text: () =>
      table(
        ['NAME', 'STATUS', 'LIVENESS', 'HOLDS', 'SUBSCRIPTION'],
        items.map((agent) => [
          agentName(agent),
          paint(agent.status),
          paint(agent.liveness),
          agent.holds.join(',') || '-',
          agent.subscription ?? '-',
        ]),
      ),
  });
  sayProblems('agent', items, items.map(agentName));
}

async function getFleets(flags: GetFlags): Promise<void> {
  const items = await withClient(flags, ({ fleets }) => allPages<FleetListItem>((page) => fleets.list(page)));
  items.sort((a, b) => compareNames(a.fleet, b.fleet));
  await print(flags.output, {
    data: { items, nextPageToken: null },
    names: items.map(({ fleet }) => fleet),
    text: () =>
      table(
        ['FLEET', 'HOLDS'],
        items.map(({ fleet, holds, problem }) => [fleet, orUnknown(problem, holds.join(',') || '-')]),
      ),
  });
  sayProblems(
    'fleet',
    items,
    items.map(({ fleet }) => fleet),
  );
}

async function getRuns(flags: GetFlags): Promise<void> {
  const { fleet, state, limit } = flags;
  const filter = { ...(fleet && { fleet }), ...(state && { state }) };
  const items = await withClient(flags, ({ runs }) => allPages<RunListItem>((page) => runs.list(filter, page), limit));
  const paint = painted(colors());
  await print(flags.output, {
    data: { items, nextPageToken: null },
    names: items.map(runName),
    text: () =>
      table(
        ['NAME', 'STATE', 'STARTED', 'ENDED'],
        items.map((run) => [runName(run), paint(run.state), run.startedAt ?? '-', run.endedAt ?? '-']),
      ),
  });
  sayProblems('run', items, items.map(runName));
}

async function getPools(flags: GetFlags): Promise<void> {
  const items = await withClient(flags, ({ pools }) => allPages<PoolListItem>((page) => pools.list(page)));
  items.sort((a, b) => compareNames(a.pool, b.pool));
  const names = items.map(({ pool }) => pool);
  await print(flags.output, {
    data: { items, nextPageToken: null },
    names,
    text: () =>
      table(
        ['POOL', 'FREE', 'AGENTS', 'FAILURES', 'EXHAUSTED UNTIL'],
        items.map(({ pool, free, credentials, agents, failuresInWindow, exhaustedUntil, problem }) => [
          pool,
          orUnknown(problem, `${String(free)}/${String(credentials)}`),
          String(agents),
          String(failuresInWindow),
          exhaustedUntil ?? '-',
        ]),
      ),
  });
  sayProblems('pool', items, names);
}

/**
 * The last known value, or "unknown" when its workflow does not answer: the value may be out of
 * date.
 */
function orUnknown(problem: string | null, known: string): string {
  return problem === null ? known : painted(colors())('unknown');
}

/** Says on stderr why something is unknown, and which command says more. */
function sayProblems(
  kind: string,
  items: readonly { readonly problem: string | null }[],
  names: readonly string[],
): void {
  for (const [index, { problem }] of items.entries()) {
    const name = names[index] ?? '';
    if (problem !== null) say(`${kind} ${name} does not answer: ${problem}; see drover describe ${kind} ${name}`);
  }
}

function agentName({ fleet, name }: AgentListItem): string {
  return `${fleet}/${name}`;
}

function runName({ fleet, run }: RunListItem): string {
  return `${fleet}/${run}`;
}
