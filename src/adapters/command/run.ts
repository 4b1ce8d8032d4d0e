/** Runs a command line tool once. */
import { causeLine } from '../../contract/failure/cause';
import { kindOfText } from '../../contract/failure/text';
import { howToInstall } from '../../contract/agent';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import { hasCode } from '../../lib/error-code';
import { AgentFailure } from '../failure';
import { type Exit, ProcessGroup } from '../process-group';

/** One start: `input` goes to stdin, `take` receives stdout. `timeoutMs`: no limit if undefined. */
export interface CliStart {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
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

/** Characters of stderr that are kept: more than the causes that `causeLine` finds. */
const ERROR_CHARACTERS = 64 * 1024;

/** Starts the command and waits for its end. When the signal aborts, it is ended with all its children. */
export async function runCli(start: CliStart, signal: AbortSignal): Promise<CliEnd> {
  signal.throwIfAborted();
  const group = await started(start);
  const { stdin, stdout, stderr } = group.streams;
  let errors = '';
  let timedOut = false;
  stdout.setEncoding('utf8').on('data', start.take);
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    // Its own log: `drover logs` shows what the tool says beside its answer.
    process.stderr.write(chunk);
    errors = (errors + chunk).slice(-ERROR_CHARACTERS);
  });
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
    return { ...exit, errors, timedOut };
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', end);
  }
}

async function started({ command, cwd, env }: CliStart): Promise<ProcessGroup> {
  try {
    return await ProcessGroup.start(command, { cwd, env });
  } catch (error) {
    const [program = ''] = command;
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EACCES')) throw error;
    throw new AgentFailure(`${program} cannot be run in ${cwd}; ${howToInstall(program)}`);
  }
}

/** The failure of a command that ended badly, with what it said about it. */
export function endFailure(end: CliEnd, output: string): AgentFailure {
  const how = end.signal === null ? `exited with code ${String(end.code)}` : `was killed by ${end.signal}`;
  const said = causeOf(end.errors) ?? causeOf(output);
  const exitCode = end.code ?? undefined;
  return new AgentFailure(`process ${how}${said === null ? '' : `: ${said}`}`, { exitCode });
}

/** The line that says why: one that names a credential's failure, else a cause, else the last one. */
function causeOf(text: string): string | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const told = lines.find((line) => kindOfText(line) !== null) ?? causeLine(text) ?? lines.at(-1);
  return told === undefined ? null : oneLine(told, SHORT_BYTES);
}
