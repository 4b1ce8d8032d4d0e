/** Runs a command line tool once. */
import type { Exit } from '../process-group';
import { passErrors, type Program, startProgram } from '../program';

/** One start: `input` goes to stdin, `take` receives stdout. `timeoutMs`: no limit if undefined. */
export interface CliStart extends Program {
  readonly input: string;
  readonly timeoutMs: number | undefined;
  readonly take: (chunk: string) => void;
}

/** How it ended. */
export interface CliEnd extends Exit {
  /** The end of what it printed to stderr. */
  readonly errors: string;
  readonly timedOut: boolean;
}

/** Starts the command and waits for its end. When the signal aborts, it is ended with all its children. */
export async function runCli(start: CliStart, signal: AbortSignal): Promise<CliEnd> {
  signal.throwIfAborted();
  const group = await startProgram(start);
  const { stdin, stdout } = group.streams;
  const errors = passErrors(group);
  let timedOut = false;
  stdout.setEncoding('utf8').on('data', start.take);
  const end = (): void => void group.end();
  signal.addEventListener('abort', end, { once: true });
  const limit =
    start.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          end();
        }, start.timeoutMs);
  stdin.end(start.input);
  try {
    const exit = await group.ended;
    signal.throwIfAborted();
    return { ...exit, errors: errors(), timedOut };
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', end);
  }
}
