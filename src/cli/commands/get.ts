/** `drover get agents|fleets|runs|pools [NAME] [--watch]`: lists from the visibility store. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { DroverClient } from '../../client';
import { replicasInPlaceOf } from '../../client/agents/replicas';
import { allPages } from '../../client/temporal/pages';
import type { AgentListItem, AgentStatus, Liveness, Unknown } from '../../contract/agent';
import { DroverError, type ErrorCode } from '../../contract/errors';
import type { FleetListItem } from '../../contract/fleet';
import type { PoolListItem } from '../../contract/pool';
import type { RunListItem, RunState } from '../../contract/run';
import { agentRef, parseCount, plainName, runRef } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import {
  colors,
  compareNames,
  type Format,
  isTable,
  print,
  type Printable,
  say,
  table,
  withOutput,
} from '../lib/output';
import { Screen } from '../lib/screen';
import { age, spanText } from '../text/age';
import { type AgentRow, agentRow, agentsText } from '../text/agents';
import { painted } from '../text/paint';
import { usageColumn } from '../text/usage';

interface GetFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fleet?: string;
  readonly status?: AgentStatus | Unknown;
  readonly liveness?: Liveness | Unknown;
  readonly selector?: string;
  readonly state?: RunState | Unknown;
  readonly limit?: number;
  readonly watch?: boolean;
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

/** Adds the command to the program. */
export function register(program: Command): void {
  const get = program.command('get');
  const list = (name: string, one: string, argument: string) =>
    withOutput(withConnection(get.command(name).alias(one).description(`list ${name}`)))
      .argument(`[${argument}]`, 'only this one')
      .option('-w, --watch', 'show every change; under -o json one line for each');

  list('agents', 'agent', 'fleet/agent')
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .addOption(new Option('--status <status>', 'in this status only').choices(STATUSES))
    .option('-l, --selector <selector>', 'with these labels only, such as team=red,tier!=test')
    .addOption(new Option('--liveness <liveness>', 'of this liveness only').choices(LIVENESSES))
    .action((name: string | undefined, flags: GetFlags) => show(name, flags, AGENTS));
  list('fleets', 'fleet', 'fleet').action((name: string | undefined, flags: GetFlags) => show(name, flags, FLEETS));
  list('pools', 'pool', 'pool').action((name: string | undefined, flags: GetFlags) => show(name, flags, POOLS));
  list('runs', 'run', 'fleet/run')
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .addOption(new Option('--state <state>', 'in this state only').choices(RUN_STATES))
    .option('--limit <count>', 'the newest ones only, at most this many', parseCount)
    .action((name: string | undefined, flags: GetFlags) => show(name, flags, RUNS));
}

/** One kind of object in lists. */
interface Kind<T extends { readonly problem: string | null }> {
  readonly kind: string;
  readonly notFound: ErrorCode;
  readonly nameOf: (item: T) => string;
  readonly list: (client: DroverClient, flags: GetFlags, name: string | undefined) => Promise<readonly T[]>;
  readonly text: (items: readonly T[], isWide: boolean) => string;
  /** The names that a name without an object of its own stands for; rejects with `absent` where it stands for none. */
  readonly standsFor?: (client: DroverClient, name: string, absent: DroverError) => Promise<readonly string[]>;
}

/** How often a watch reads its list: visibility is about a second old anyway. */
const LOOK_EVERY_MS = 1_000;

async function show<T extends { readonly problem: string | null }>(
  name: string | undefined,
  flags: GetFlags,
  kind: Kind<T>,
): Promise<void> {
  await withClient(flags, async (client) => {
    const look = async (): Promise<readonly T[]> => {
      const items = await kind.list(client, flags, name);
      return name === undefined ? items : named(client, kind, name, { items, flags });
    };
    const printable = (items: readonly T[]): Printable => ({
      data: { items, nextPageToken: null },
      names: items.map(kind.nameOf),
      text: () => kind.text(items, flags.output === 'wide'),
    });
    if (flags.watch === true) return watch(() => look().catch(noneYet(kind)), new Screen(flags.output, printable));
    const items = await look();
    await print(flags.output, printable(items));
    sayProblems(kind, items);
  });
}

/** The object of this name, or those that the name stands for. */
async function named<T extends { readonly problem: string | null }>(
  client: DroverClient,
  { kind, notFound, nameOf, standsFor }: Kind<T>,
  name: string,
  { items, flags }: { readonly items: readonly T[]; readonly flags: GetFlags },
): Promise<readonly T[]> {
  const found = items.filter((item) => nameOf(item) === name);
  if (found.length > 0) return found;
  const { fleet, status, liveness, selector, state } = flags;
  const isNarrowed = [fleet, status, liveness, selector, state].some((condition) => condition !== undefined);
  const why = isNarrowed ? 'does not exist, or is not as the options ask for' : 'does not exist';
  const absent = new DroverError(notFound, `${kind} ${name} ${why}; drover get ${kind}s lists all`);
  if (standsFor === undefined) throw absent;
  const names = await standsFor(client, name, absent);
  return items.filter((item) => names.includes(nameOf(item)));
}

/** A watch shows an empty list until the object is there. */
function noneYet({ notFound }: { readonly notFound: ErrorCode }): (error: unknown) => never[] {
  return (error) => {
    if (error instanceof DroverError && error.code === notFound) return [];
    throw error;
  };
}

/** Until Ctrl-C. */
async function watch<T>(look: () => Promise<T>, screen: Screen<T>): Promise<void> {
  for (;;) {
    await screen.show(await look());
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * The most agents of a table that are asked themselves, so that it is not a second old and has
 * their turns, and the time for all: a read has half a second, and longer only without a worker.
 */
const MOST_ASKED = 50;
const ANSWER_MS = 1_000;

const AGENTS: Kind<AgentRow> = {
  kind: 'agent',
  notFound: 'AgentNotFound',
  nameOf: ({ fleet, name }) => `${fleet}/${name}`,
  async list({ agents }, flags, name) {
    const { fleet = name === undefined ? undefined : agentRef(name).fleet, status, liveness, selector: label } = flags;
    const filter = {
      ...(fleet && { fleet }),
      ...(status && { status }),
      ...(liveness && { liveness }),
      ...(label !== undefined && { label }),
    };
    const items = await allPages<AgentListItem>((page) => agents.list(filter, page));
    const sorted = [...items].sort((a, b) => compareNames(AGENTS.nameOf(a), AGENTS.nameOf(b)));
    if (!isTable(flags.output) || sorted.length > MOST_ASKED) return sorted;
    const refs = sorted.map(({ fleet: of, name: agent }) => ({ fleet: of, agent }));
    const asked = await agents.describeAll(refs, { timeoutMs: ANSWER_MS });
    return sorted.map((item, index) => agentRow(item, asked[index]?.view ?? null));
  },
  text: agentsText,
  async standsFor(client, name, absent) {
    const replicas = await replicasInPlaceOf(client, agentRef(name), absent);
    return replicas.map(({ fleet, agent }) => `${fleet}/${agent}`);
  },
};

const FLEETS: Kind<FleetListItem> = {
  kind: 'fleet',
  notFound: 'FleetNotFound',
  nameOf: ({ fleet }) => fleet,
  list: async ({ fleets }) =>
    [...(await allPages<FleetListItem>((page) => fleets.list(page)))].sort((a, b) => compareNames(a.fleet, b.fleet)),
  text(items) {
    const usage = usageColumn(items);
    return table(
      ['FLEET', 'REVISION', 'STATE', 'READY', ...usage.head, 'HOLDS'],
      items.map(({ fleet, revision, state, ready, agents, holds, problem, ...item }) => [
        fleet,
        String(revision),
        orUnknown(problem, painted(colors())(state)),
        orUnknown(problem, `${String(ready)}/${String(agents)}`),
        ...usage.cell(item),
        orUnknown(problem, holds.join(',') || '-'),
      ]),
      ['REVISION', ...usage.head, 'HOLDS'],
    );
  },
};

const RUNS: Kind<RunListItem> = {
  kind: 'run',
  notFound: 'RunNotFound',
  nameOf: ({ fleet, run }) => `${fleet}/${run}`,
  list({ runs }, flags, name) {
    const { fleet = name === undefined ? undefined : runRef(name).fleet, state, limit } = flags;
    const filter = { ...(fleet && { fleet }), ...(state && { state }) };
    return allPages<RunListItem>((page) => runs.list(filter, page), limit);
  },
  text(items) {
    const usage = usageColumn(items);
    return table(
      ['NAME', 'STATE', 'AGE', 'TOOK', ...usage.head],
      items.map((run) => [
        RUNS.nameOf(run),
        painted(colors())(run.state),
        age(run.startedAt),
        tookText(run),
        ...usage.cell(run),
      ]),
      [...usage.head, 'TOOK', 'AGE'],
    );
  },
};

/** How long an ended run took; `-` while it goes on. */
function tookText({ startedAt, endedAt }: RunListItem): string {
  return startedAt === null || endedAt === null ? '-' : spanText(Date.parse(endedAt) - Date.parse(startedAt));
}

const POOLS: Kind<PoolListItem> = {
  kind: 'pool',
  notFound: 'PoolNotFound',
  nameOf: ({ pool }) => pool,
  list: async ({ pools }) =>
    [...(await allPages<PoolListItem>((page) => pools.list(page)))].sort((a, b) => compareNames(a.pool, b.pool)),
  text: (items) =>
    table(
      ['POOL', 'FREE', 'AGENTS', 'FAILURES', 'EXHAUSTED UNTIL'],
      items.map(({ pool, free, credentials, agents, failuresInWindow, exhaustedUntil, problem }) => [
        pool,
        orUnknown(problem, `${String(free)}/${String(credentials)}`),
        String(agents),
        String(failuresInWindow),
        exhaustedUntil ?? '-',
      ]),
      ['FAILURES', 'AGENTS', 'EXHAUSTED UNTIL'],
    ),
};

/**
 * The last known value, or "unknown" when its workflow does not answer: the value may be out of
 * date.
 */
function orUnknown(problem: string | null, known: string): string {
  return problem === null ? known : painted(colors())('unknown');
}

/** Says on stderr why something is unknown, and which command says more. */
function sayProblems<T extends { readonly problem: string | null }>(
  { kind, nameOf }: Kind<T>,
  items: readonly T[],
): void {
  for (const item of items) {
    const name = nameOf(item);
    if (item.problem !== null)
      say(`${kind} ${name} does not answer: ${item.problem}; see drover describe ${kind} ${name}`);
  }
}
