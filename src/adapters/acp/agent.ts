/** The process of an ACP agent, with the connection to it. */
import { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { messageOf, oneLine, QUOTE_BYTES } from '../../contract/text';
import { packageVersion } from '../../version';
import { AgentFailure } from '../failure';
import type { ProcessGroup } from '../process-group';
import { exitFailure, passErrors, type Program, startProgram } from '../program';
import { isRecord } from '../records';
import { callFailure } from './failures';
import { readFile, writeFile } from './files';
import { askingMode } from './modes';
import {
  type ClientConnection,
  type InitializeResponse,
  type LoadSessionResponse,
  loadAcp,
  type McpServer,
  type NewSessionResponse,
  type PromptResponse,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionModeState,
  type SessionNotification,
} from './sdk';
import { Terminals } from './terminals';
import { TOOLS_NAME } from './tools';

/** The program, and whether its questions for permission are to reach Drover. */
export interface AcpProgram extends Program {
  readonly asks: boolean;
}

/** The requests and reports of the agent. */
export interface AcpListener {
  update(notification: SessionNotification): void;
  permission(request: RequestPermissionRequest): Promise<RequestPermissionResponse>;
}

/** Claude Code asks for no permission to use the tools by which it gives its reply. Other agents ignore this. */
const OWN_TOOLS = { claudeCode: { options: { allowedTools: [`mcp__${TOOLS_NAME}`] } } };
/** Time for an answer that needs no model: of a program that has just started, such as one that npx fetches, or of a long session. */
const ANSWER_MS = 90_000;
/** How long a program may take to end after its connection closed. */
const END_MS = 3_000;

/** The program runs, and does not answer. */
export class AgentSilence extends AgentFailure {}

/** A running agent. */
export class AcpAgent {
  readonly capabilities: NonNullable<InitializeResponse['agentCapabilities']>;
  /** Resolves with the reason when the program has ended. */
  readonly gone: Promise<AgentFailure>;
  private readonly group: ProcessGroup;
  private readonly connection: ClientConnection;
  private readonly cwd: string;
  private readonly asks: boolean;
  private hasEnded = false;

  private constructor(
    group: ProcessGroup,
    connection: ClientConnection,
    gone: Promise<AgentFailure>,
    initialized: InitializeResponse,
    { cwd, asks }: AcpProgram,
  ) {
    this.group = group;
    this.connection = connection;
    this.gone = gone;
    this.capabilities = initialized.agentCapabilities ?? {};
    this.cwd = cwd;
    this.asks = asks;
    void gone.then(() => (this.hasEnded = true));
    connection.signal.addEventListener('abort', () => void this.endDeaf());
  }

  /** Starts the program and initializes it. Rejects with the reason why that fails. */
  static async start(program: AcpProgram, listener: AcpListener): Promise<AcpAgent> {
    const acp = await loadAcp();
    const { cwd } = program;
    const group = await startProgram(program);
    const terminals = new Terminals(cwd, program.env);
    const errors = passErrors(group);
    const gone = group.ended.then((exit) => exitFailure(exit, errors())).finally(() => terminals.end());
    const { stdin, stdout } = group.streams;
    const stream = acp.ndJsonStream(
      Writable.toWeb(stdin) as WritableStream<Uint8Array>,
      Readable.toWeb(stdout) as ReadableStream<Uint8Array>,
    );
    const { client } = acp.methods;
    const connection = acp
      .client({ name: 'drover' })
      .onRequest(client.session.requestPermission, ({ params }) => listener.permission(params))
      .onNotification(client.session.update, ({ params }) => listener.update(params))
      .onRequest(client.fs.readTextFile, async ({ params }) => ({ content: await told(readFile(cwd, params), acp) }))
      .onRequest(client.fs.writeTextFile, async ({ params }) => {
        await told(writeFile(cwd, params), acp);
        return {};
      })
      .onRequest(client.terminal.create, ({ params }) => told(terminals.create(params), acp))
      .onRequest(client.terminal.output, ({ params }) => told(async () => terminals.output(params.terminalId), acp))
      .onRequest(client.terminal.waitForExit, ({ params }) => told(terminals.wait(params.terminalId), acp))
      .onRequest(client.terminal.kill, async ({ params }) => {
        await told(terminals.kill(params.terminalId), acp);
        return {};
      })
      .onRequest(client.terminal.release, async ({ params }) => {
        await told(terminals.release(params.terminalId), acp);
        return {};
      })
      .connect(stream);
    const initializing = connection.agent.request(acp.methods.agent.initialize, {
      protocolVersion: acp.PROTOCOL_VERSION,
      clientInfo: { name: 'drover', version: packageVersion() },
      clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: true },
    });
    try {
      const initialized = await answered('initialize', beforeEnd(initializing, gone, connection));
      checkVersion(initialized, acp.PROTOCOL_VERSION);
      return new AcpAgent(group, connection, gone, initialized, program);
    } catch (error) {
      await group.end();
      throw strangerFailure(error);
    }
  }

  /** Whether the program still runs, and hears. */
  get runs(): boolean {
    return !this.hasEnded && !this.connection.signal.aborted;
  }

  async newSession(servers: McpServer[]): Promise<string> {
    const parameters = { cwd: this.cwd, mcpServers: servers, _meta: OWN_TOOLS };
    const { sessionId, modes } = await this.soon<NewSessionResponse>('session/new', parameters);
    if (typeof sessionId !== 'string') throw new AgentFailure('it answered "session/new" without the id of a session');
    await this.letAsk(sessionId, modes);
    return sessionId;
  }

  /** Opens an earlier session. False: the agent cannot, or no longer has it. */
  async resume(sessionId: string, servers: McpServer[]): Promise<boolean> {
    const { sessionCapabilities, loadSession } = this.capabilities;
    const canResume = isRecord(sessionCapabilities?.resume);
    if (!canResume && loadSession !== true) return false;
    const parameters = { sessionId, cwd: this.cwd, mcpServers: servers, _meta: OWN_TOOLS };
    try {
      const { modes } = await this.soon<LoadSessionResponse>(canResume ? 'session/resume' : 'session/load', parameters);
      await this.letAsk(sessionId, modes);
      return true;
    } catch (error) {
      // Another credential, or its files were removed: a new session gets the memory of its branch.
      if (!this.runs || error instanceof AgentSilence) throw error;
      console.error(`drover: session ${sessionId} cannot be continued: ${messageOf(error)}`);
      return false;
    }
  }

  /** In a mode without questions the agent would do what the fleet file does not allow. */
  private async letAsk(sessionId: string, modes: SessionModeState | null | undefined): Promise<void> {
    const modeId = this.asks ? askingMode(modes) : null;
    if (modeId !== null) await this.soon('session/set_mode', { sessionId, modeId });
  }

  async prompt(sessionId: string, text: string): Promise<PromptResponse> {
    return this.call<PromptResponse>('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
  }

  async cancel(sessionId: string): Promise<void> {
    if (this.runs) await this.connection.agent.notify('session/cancel', { sessionId });
  }

  /** Lets the agent forget what it holds of a session in memory. */
  async close(sessionId: string): Promise<void> {
    if (isRecord(this.capabilities.sessionCapabilities?.close)) await this.soon('session/close', { sessionId });
  }

  /** Ends the program and its children. */
  async end(): Promise<void> {
    await this.group.end();
    await this.gone;
  }

  /** A call that fails at once when the program ends. */
  private async call<T>(method: string, parameters: object): Promise<T> {
    const answer: unknown = await beforeEnd(
      this.connection.agent.request(method, parameters),
      this.gone,
      this.connection,
    );
    if (isRecord(answer)) return answer as T;
    throw new AgentFailure(`it answered "${method}" with ${oneLine(JSON.stringify(answer ?? null), QUOTE_BYTES)}`);
  }

  /** A call that needs no model. */
  private async soon<T>(method: string, parameters: object): Promise<T> {
    return answered(method, this.call<T>(method, parameters));
  }

  /** Ends a program that no longer hears: it has closed its output, or written more than one message may have. */
  private async endDeaf(): Promise<void> {
    await Promise.race([this.gone, pause(END_MS, undefined, { ref: false })]);
    await this.group.end();
  }
}

async function answered<T>(method: string, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_, reject) => {
    const hint = method === 'initialize' ? '; does it speak ACP?' : '';
    const why = `it did not answer "${method}" within ${String(ANSWER_MS / 1_000)} s${hint}`;
    timer = setTimeout(() => reject(new AgentSilence(why)), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, silent]);
  } finally {
    clearTimeout(timer);
  }
}

/** A program that ends well, or that knows no `initialize`, is probably another one than was meant. */
function strangerFailure(error: unknown): unknown {
  if (!(error instanceof AgentFailure)) return error;
  if (error.exitCode === 0) return new AgentFailure('it ended before it answered "initialize"; does it speak ACP?');
  return /method not found/i.test(error.message)
    ? new AgentFailure('it does not know "initialize"; does it speak ACP?')
    : error;
}

/** A program of another version would misunderstand what it is told. */
function checkVersion(initialized: unknown, known: number): void {
  const version = isRecord(initialized) ? initialized['protocolVersion'] : undefined;
  if (version === known) return;
  const said = oneLine(JSON.stringify(version ?? null), QUOTE_BYTES);
  throw new AgentFailure(
    `it speaks version ${said} of ACP, and Drover speaks ${String(known)}; install a version of it that speaks ${String(known)}`,
  );
}

/** The answer, or the failure of the call, or that of the program. The program's own comes first: it says more. */
async function beforeEnd<T>(
  answer: Promise<T>,
  gone: Promise<AgentFailure>,
  { signal }: Pick<ClientConnection, 'signal'>,
): Promise<T> {
  const ended = gone.then((failure): never => {
    throw failure;
  });
  ended.catch(() => undefined);
  try {
    return await Promise.race([answer, ended]);
  } catch (error) {
    // A program that ends closes its connection first.
    const failure = signal.aborted ? await Promise.race([gone, pause(END_MS, undefined, { ref: false })]) : undefined;
    throw failure ?? callFailure(error);
  }
}

/** A refusal that the agent can read: the library would hide the message of any other error. */
async function told<T>(work: Promise<T> | (() => Promise<T>), acp: Awaited<ReturnType<typeof loadAcp>>): Promise<T> {
  try {
    return await (typeof work === 'function' ? work() : work);
  } catch (error) {
    throw new acp.RequestError(-32_602, messageOf(error));
  }
}
