/** The program behind an adapter: how it starts, and why it failed. */
import { howToInstall } from '../contract/agent';
import { causeLine } from '../contract/failure/cause';
import { kindOfText } from '../contract/failure/text';
import { oneLine, SHORT_BYTES } from '../contract/text';
import { hasCode } from '../lib/error-code';
import { AgentFailure } from './failure';
import { type Exit, ProcessGroup } from './process-group';

/** The command line and where it runs. */
export interface Program {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Characters of stderr that are kept: more than the causes that `causeLine` finds. */
const ERROR_CHARACTERS = 64 * 1024;

/** Starts a program. Rejects with how to install it where it cannot be run. */
export async function startProgram({ command, cwd, env }: Program): Promise<ProcessGroup> {
  try {
    return await ProcessGroup.start(command, { cwd, env });
  } catch (error) {
    const [program = ''] = command;
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EACCES')) throw error;
    throw new AgentFailure(`${program} cannot be run in ${cwd}; ${howToInstall(program)}`);
  }
}

/** Passes on what the program writes to stderr, which `drover logs` shows. Returns a function that gives its end. */
export function passErrors({ streams: { stderr } }: ProcessGroup): () => string {
  let errors = '';
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    process.stderr.write(chunk);
    errors = (errors + chunk).slice(-ERROR_CHARACTERS);
  });
  return () => errors;
}

/** The failure of a program that has ended, with what it said about it: in the first of the texts that is not empty. */
export function exitFailure({ code, signal }: Exit, ...texts: readonly string[]): AgentFailure {
  const how = signal === null ? `exited with code ${String(code)}` : `was killed by ${signal}`;
  const said = texts.map(causeOf).find((cause) => cause !== undefined);
  const exitCode = code ?? undefined;
  return new AgentFailure(`process ${how}${said === undefined ? '' : `: ${oneLine(said, SHORT_BYTES)}`}`, { exitCode });
}

/** The line that says why: one that names a credential's failure, else a cause, else the last one. */
function causeOf(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => kindOfText(line) !== null) ?? causeLine(text) ?? lines.at(-1);
}
