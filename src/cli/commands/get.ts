/** `drover get agents|fleets|runs|pools [NAME] [--watch]`: lists from the visibility store. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { DroverClient } from '../../client';
import type { AgentStatus, Liveness, Unknown } from '../../contract/agent';
import { DroverError, type ErrorCode } from '../../contract/errors';
import type { RunState } from '../../contract/run';
import { parseCount, plainName } from '../lib/arguments';
import { withClient, withConnection } from '../lib/connection';
import { AGENTS, FLEETS, type GetFlags, type Kind, POOLS, RUNS } from './list-kinds';
import { print, type Printable, say, withOutput } from '../lib/output';
import { Screen } from '../lib/screen';

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
