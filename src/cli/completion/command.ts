/** `drover __complete -- WORDS`: one completion a line, and `:files` for the names of files. */
import type { Command } from 'commander';
import type { DroverClient } from '../../client';
import { allPages } from '../../client/temporal/pages';
import { DroverError } from '../../contract/errors';
import { commandWord } from '../lib/arguments';
import { COMPLETE } from './name';
import { completions, type Named } from './completions';
import { type ConnectionFlags, withClient } from '../lib/connection';
import { write } from '../lib/output';

/** A person waits after pressing Tab. */
const ANSWER_MS = 3_000;
/** A reader does not use a longer list. */
const MOST_NAMES = 1_000;

/** `createProgram` makes the program with the options of one command. */
export function registerWith(program: Command, createProgram: (word?: string) => Promise<Command>): void {
  program
    .command(COMPLETE, { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const line = words.length === 0 ? [''] : words;
      const found = completions(await createProgram(commandWord(line.slice(0, -1))), line);
      const names = found.names === null ? [] : await namesOf(found.names, flagsOf(line));
      const last = line.at(-1) ?? '';
      const fitting = [...found.words, ...names].filter((word) => word.startsWith(last));
      write([...new Set(fitting), ...(found.files ? [':files'] : [])].join('\n'));
    });
}

/** The server that the line names. */
function flagsOf(line: readonly string[]): ConnectionFlags {
  const after = (flag: string) => line[line.indexOf(flag) + 1];
  const given = (flag: string) => (line.slice(0, -2).includes(flag) ? after(flag) : undefined);
  const [address, namespace, profile] = ['--address', '--namespace', '--profile'].map(given);
  return { ...(address && { address }), ...(namespace && { namespace }), ...(profile && { profile }) };
}

/** The names on the server; none while it does not answer, as a shell can show no error here. */
async function namesOf(kind: Named, flags: ConnectionFlags): Promise<string[]> {
  try {
    return await withClient(flags, (client) => LISTS[kind](client));
  } catch (error) {
    if (error instanceof DroverError && (error.code === 'Unavailable' || error.code === 'Timeout')) return [];
    throw error;
  }
}

const within = { timeoutMs: ANSWER_MS };
const LISTS: Readonly<Record<Named, (client: DroverClient) => Promise<string[]>>> = {
  agents: async ({ agents }) => {
    const items = await allPages((page) => agents.list({}, { ...page, ...within }), MOST_NAMES);
    return items.map(({ fleet, name }) => `${fleet}/${name}`);
  },
  fleets: async ({ fleets }) => {
    const items = await allPages((page) => fleets.list({ ...page, ...within }), MOST_NAMES);
    return items.map(({ fleet }) => fleet);
  },
  runs: async ({ runs }) => {
    const items = await allPages((page) => runs.list({}, { ...page, ...within }), MOST_NAMES);
    return items.map(({ fleet, run }) => `${fleet}/${run}`);
  },
  pools: async ({ pools }) => {
    const items = await allPages((page) => pools.list({ ...page, ...within }), MOST_NAMES);
    return items.map(({ pool }) => pool);
  },
};
