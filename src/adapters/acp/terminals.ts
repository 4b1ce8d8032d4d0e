/** The commands that an agent runs through the adapter: in its folder, with its variables. */
import { randomUUID } from 'node:crypto';
import { isDirectory } from '../../lib/find-program';
import { type Exit, ProcessGroup } from '../process-group';
import { within } from './files';
import type { CreateTerminalRequest, TerminalOutputResponse, WaitForTerminalExitResponse } from './sdk';

/** The most output that is kept of one command. */
const OUTPUT_BYTES = 1024 * 1024;

interface Terminal {
  readonly group: ProcessGroup;
  readonly limit: number;
  output: Buffer;
  truncated: boolean;
  exit: Exit | undefined;
}

/** The running commands of one agent. */
export class Terminals {
  private readonly folder: string;
  private readonly environment: Readonly<Record<string, string>>;
  private readonly terminals = new Map<string, Terminal>();

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.environment = environment;
  }

  async create(request: CreateTerminalRequest): Promise<{ terminalId: string }> {
    const { command, args = [], env = [], cwd, outputByteLimit } = request;
    const folder = await within(this.folder, cwd ?? this.folder);
    if (!(await isDirectory(folder))) throw new Error(`${folder} is not a folder`);
    const variables = { ...this.environment, ...Object.fromEntries(env.map(({ name, value }) => [name, value])) };
    const group = await ProcessGroup.start([command, ...args], { cwd: folder, env: variables });
    const limit = Math.min(outputByteLimit ?? OUTPUT_BYTES, OUTPUT_BYTES);
    const terminal: Terminal = { group, limit, output: Buffer.alloc(0), truncated: false, exit: undefined };
    for (const stream of [group.streams.stdout, group.streams.stderr])
      stream.on('data', (chunk: Buffer) => keep(terminal, chunk));
    group.streams.stdin.end();
    void group.ended.then((exit) => (terminal.exit = exit));
    const terminalId = randomUUID();
    this.terminals.set(terminalId, terminal);
    return { terminalId };
  }

  output(id: string): TerminalOutputResponse {
    const { output, truncated, exit } = this.find(id);
    const exitStatus = exit === undefined ? {} : { exitStatus: statusOf(exit) };
    return { output: output.toString('utf8'), truncated, ...exitStatus };
  }

  async wait(id: string): Promise<WaitForTerminalExitResponse> {
    return statusOf(await this.find(id).group.ended);
  }

  async kill(id: string): Promise<void> {
    await this.find(id).group.end();
  }

  async release(id: string): Promise<void> {
    const { group } = this.find(id);
    this.terminals.delete(id);
    await group.end();
  }

  /** Ends everything: the agent itself has ended. */
  async end(): Promise<void> {
    const groups = [...this.terminals.values()].map(({ group }) => group);
    this.terminals.clear();
    await Promise.all(groups.map((group) => group.end()));
  }

  private find(id: string): Terminal {
    const terminal = this.terminals.get(id);
    if (terminal === undefined) throw new Error(`no terminal ${id} is open`);
    return terminal;
  }
}

/** The end of the output stays, from a whole character on. */
function keep(terminal: Terminal, chunk: Buffer): void {
  const whole = Buffer.concat([terminal.output, chunk]);
  if (whole.length <= terminal.limit) {
    terminal.output = whole;
    return;
  }
  terminal.truncated = true;
  let from = whole.length - terminal.limit;
  while (from < whole.length && ((whole[from] ?? 0) & 0xc0) === 0x80) from += 1;
  terminal.output = whole.subarray(from);
}

function statusOf({ code, signal }: Exit): WaitForTerminalExitResponse {
  return { exitCode: code, signal };
}
