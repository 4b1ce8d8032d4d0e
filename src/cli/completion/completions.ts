/** Finds the words that may come next on a command line, from the commander program alone. */
import type { Argument, Command, Option } from 'commander';

/** Kinds of objects that the server can list. */
export type Named = 'agents' | 'fleets' | 'runs' | 'pools';

/** The completions that a shell offers: words, names of the server's objects, files. */
export interface Completions {
  readonly words: readonly string[];
  readonly names: Named | null;
  readonly files: boolean;
}

const NOTHING: Completions = { words: [], names: null, files: false };
const words = (list: readonly string[]): Completions => ({ ...NOTHING, words: list });

/** The objects that the placeholder of an argument or an option stands for. */
const NAMES: Readonly<Record<string, Named>> = {
  'fleet/agent': 'agents',
  fleet: 'fleets',
  'fleet/run': 'runs',
  pool: 'pools',
};
const FILES: readonly string[] = ['file', 'files', 'scenario'];

/** The completions of the last word, which is incomplete. */
export function completions(program: Command, line: readonly string[]): Completions {
  const last = line.at(-1) ?? '';
  const { command, position, pending } = read(program, line.slice(0, -1));
  if (pending) return ofValue(placeholder(pending.flags), pending.argChoices);
  if (last.startsWith('-')) return words([...optionsOf(command), '--help']);
  const isGroup = command.commands.some((inner) => !isHidden(inner));
  const inner = position === 0 ? subcommandsOf(command) : [];
  const argument = argumentAt(command, position);
  const ofArgument = argument ? ofValue(argument.name(), argument.argChoices) : NOTHING;
  return isGroup ? { ...ofArgument, words: [...inner, ...ofArgument.words] } : ofArgument;
}

interface Place {
  readonly command: Command;
  /** How many arguments of the command stand before the last word. */
  readonly position: number;
  /** The option that takes the last word as its value. */
  readonly pending: Option | null;
}

function read(program: Command, before: readonly string[]): Place {
  let command = program;
  let position = 0;
  let pending: Option | null = null;
  for (const word of before) {
    if (pending) pending = null;
    else if (word.startsWith('-')) pending = optionNamed(command, word);
    else {
      const inner = position === 0 ? command.commands.find((each) => isNamed(each, word)) : undefined;
      if (inner) command = inner;
      else position += 1;
    }
  }
  return { command, position, pending };
}

function isNamed(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

/** The option, if it takes a value that is not part of the word. */
function optionNamed(command: Command, word: string): Option | null {
  const option = command.options.find(({ long, short }) => word === long || word === short);
  return option && (option.required || option.optional) ? option : null;
}

function argumentAt(command: Command, position: number): Argument | undefined {
  const given = command.registeredArguments;
  const last = given.at(-1);
  return given[position] ?? (last?.variadic ? last : undefined);
}

function optionsOf(command: Command): string[] {
  return command.options.flatMap((option) => (option.hidden ? [] : [option.long ?? option.short ?? '']));
}

function subcommandsOf(command: Command): string[] {
  const own = command.commands.flatMap((inner) => (isHidden(inner) ? [] : [inner.name()]));
  return command.parent === null ? [...own, 'help'] : own;
}

function isHidden(command: Command): boolean {
  return !command
    .createHelp()
    .visibleCommands(command.parent ?? command)
    .includes(command);
}

function placeholder(flags: string): string {
  return /[<[]([^>\].]+)/.exec(flags)?.[1] ?? '';
}

function ofValue(name: string, choices: readonly string[] | undefined): Completions {
  if (choices) return words(choices);
  return { words: [], names: NAMES[name] ?? null, files: FILES.includes(name) };
}
