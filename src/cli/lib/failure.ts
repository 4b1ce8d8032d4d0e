/** How a command fails: its message, and its exit code from the table of errors. */
import { CommanderError } from 'commander';
import { DroverError, ERRORS } from '../../contract/errors';
import { messageOf } from '../../contract/text';
import { say } from './output';

/** Exit code for an invalid command line, the same as for invalid input. */
const USAGE = ERRORS.InvalidRequest.exit;
/** Exit code of a command that ran without success (docs/cli.md). */
export const FAILED = 1;
/** Exit code after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;

/** Ends a command that has already printed its result with an exit code. */
export class ExitWith extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${String(code)}`);
    this.code = code;
  }
}

/** Prints the error on stderr, as an object under `-o json`, and returns the exit code. */
export function fail(error: unknown, argv: readonly string[]): number {
  if (error instanceof ExitWith) return error.code;
  if (error instanceof CommanderError) return failedUsage(error, argv);
  const drover = error instanceof DroverError ? error : unforeseen(error);
  if (wantsJson(argv)) say(JSON.stringify({ error: drover.toBody() }));
  else say(`drover: ${drover.message}`);
  return ERRORS[drover.code].exit;
}

/** Commander has already printed its message, except under `-o json` (see `main.ts`). */
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

/**
 * Whether errors must be JSON. Read from the arguments themselves, since an invalid option ends
 * before parsing.
 */
export function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) =>
      /^(?:-o=?json|--output=json)$/.test(word) || (/^(?:-o|--output)$/.test(word) && argv[index + 1] === 'json'),
  );
}
