/** The `drover` command. */
import type { Command } from 'commander';
import { commandWord } from './lib/arguments';
import { fail, FAILED, wantsJson } from './lib/failure';
import { problem } from '../lib/kept-file';
import { say } from './lib/output';
import { createProgram } from './program';

/** Exit code after SIGPIPE, as in shells. */
const OUTPUT_CLOSED = 141;

/** Under -o json the error is printed as JSON only. A command keeps the output that it was made with. */
function silence(command: Command): void {
  command.configureOutput({ writeErr: () => undefined });
  command.commands.forEach(silence);
}

async function main(argv: readonly string[]): Promise<number> {
  const program = await createProgram(commandWord(argv));
  if (wantsJson(argv)) silence(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return fail(error, argv);
  }
}

/**
 * Output cannot be written: its reader has gone (`drover get agents | head -1`, a closed terminal),
 * or its disk is full. A service goes on without output. A command ends, as by SIGPIPE or with the
 * reason.
 */
function outputFailed(stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
  const isService = process.listenerCount('SIGHUP') > 0;
  if (isService) return;
  if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(OUTPUT_CLOSED);
  if (stream === process.stdout) say(`drover: ${problem('the output', 'written', error).message}`);
  process.exit(FAILED);
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => outputFailed(stream, error));
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.exitCode = fail(error, process.argv);
  },
);
