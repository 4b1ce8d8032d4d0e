/** Output of commands: data on stdout, messages on stderr. */
import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { shown } from '../text/control-characters';
import { environment } from '../../config';

export { table } from './table';

/** The forms of `-o`. */
const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
/** One of `FORMATS`. */
export type Format = (typeof FORMATS)[number];

/** The forms for people; `wide` has more columns if a command has any. */
type TableFormat = 'table' | 'wide';

/** Whether the output is for people. */
export function isTable(format: Format): format is TableFormat {
  return format === 'table' || format === 'wide';
}

/** Adds `-o` to a command. */
export function withOutput(command: Command): Command {
  return command.option('-o, --output <format>', FORMATS.join(', '), parseFormat, 'table');
}

function parseFormat(text: string): Format {
  const format = FORMATS.find((known) => known === text);
  if (format) return format;
  throw new InvalidArgumentError(`Expected one of ${FORMATS.join(', ')}.`);
}

/** One value in each form of `-o`. */
export interface Printable {
  /** For json and yaml: the same as over HTTP. */
  readonly data: unknown;
  /** For name: one a line. */
  readonly names: readonly string[];
  /** For table: what people read. */
  readonly text: () => string;
}

/** Prints a value on stdout. `onOneLine` prints JSON as one line of a stream. */
export async function print(
  format: Format,
  { data, names, text }: Printable,
  { onOneLine = false }: { readonly onOneLine?: boolean } = {},
): Promise<void> {
  if (format === 'json' && onOneLine) writeData(JSON.stringify(data));
  else if (isTable(format)) write(text());
  else writeData(await rendered(format, data, names));
}

async function rendered(
  format: Exclude<Format, TableFormat>,
  data: unknown,
  names: readonly string[],
): Promise<string> {
  switch (format) {
    case 'json':
      return JSON.stringify(data, null, 2);
    case 'yaml':
      return (await import('yaml')).stringify(data).trimEnd();
    case 'name':
      return names.join('\n');
  }
}

/** Writes lines for people on stdout; see `shown`. */
export function write(text: string): void {
  if (text !== '') process.stdout.write(`${shown(text, process.stdout.isTTY)}\n`);
}

/** Writes data to stdout as it is. On a terminal it escapes control characters. */
function writeData(text: string): void {
  if (text !== '') process.stdout.write(`${process.stdout.isTTY ? shown(text, false) : text}\n`);
}

/** Writes a message for people on stderr; see `shown`. */
export function say(text: string): void {
  process.stderr.write(`${shown(text, false)}\n`);
}

/** Colours for stdout; none without a terminal, with NO_COLOR, or with --no-color. */
export function colors(): ReturnType<typeof pc.createColors> {
  // Always a boolean: without one picocolors guesses, and its guess is yes wherever CI is set.
  const isTerminal = process.stdout.isTTY === true;
  return pc.createColors(isTerminal && !environment()['NO_COLOR'] && !process.argv.includes('--no-color'));
}

/** The order of names: by code unit, so it does not depend on the locale. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names and values in two columns. */
export function facts(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${`${name}:`.padEnd(width)} ${value}`).join('\n');
}
