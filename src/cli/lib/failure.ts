/** How a command fails: what it says, and its exit code, from the one table of errors. */
import { CommanderError } from 'commander';
import { DroverError, ERRORS } from '../../contract/errors';
import { messageOf } from '../../contract/text';
import { say } from './output';

/** Exit code of a command line that makes no sense: that of invalid input. */
const USAGE = ERRORS.InvalidRequest.exit;
/** Exit code after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;

/** A command that has already said why, and only ends with a code. */
export class ExitWith extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${String(code)}`);
    this.code = code;
  }
}

/** Says what went wrong on stderr, under `-o json` as an object, and returns the exit code. */
export function fail(error: unknown, argv: readonly string[]): number {
  if (error instanceof ExitWith) return error.code;
  if (error instanceof CommanderError) return failedUsage(error, argv);
  const drover = error instanceof DroverError ? error : unforeseen(error);
  if (wantsJson(argv)) say(JSON.stringify({ error: drover.toBody() }));
  else say(`drover: ${drover.message}`);
  return ERRORS[drover.code].exit;
}

/** Commander has printed its own words already, unless it was told not to (`main.ts`, under `-o json`). */
function failedUsage(error: CommanderError, argv: readonly string[]): number {
  if (error.exitCode === 0) return 0;
  const message = error.message.replace(/^error: /, '');
  if (wantsJson(argv)) say(JSON.stringify({ error: { code: 'InvalidRequest', message } }));
  return USAGE;
}

function unforeseen(error: unknown): DroverError {
  return new DroverError('Internal', messageOf(error), undefined, {
    cause: error,
  });
}

/** Whether errors are to be JSON too; read from the words themselves, since wrong options end before they are parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) =>
      /^(?:-o=?json|--output=json)$/.test(word) || (/^(?:-o|--output)$/.test(word) && argv[index + 1] === 'json'),
  );
}
