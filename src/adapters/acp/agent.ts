/** The process of an ACP agent, with the connection to it. */
import { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { messageOf } from '../../contract/text';
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
  type ClientContext,
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

/** What the agent asks and tells. */
export interface AcpListener {
  update(notification: SessionNotification): void;
  permission(request: RequestPermissionRequest): Promise<RequestPermissionResponse>;
}

/** Claude Code asks for no permission to use the tools by which it gives its reply. Other agents ignore this. */
const OWN_TOOLS = { claudeCode: { options: { allowedTools: [`mcp__${TOOLS_NAME}`] } } };
/** Time for the first answer of a program that has just started, such as one that npx fetches. */
const INITIALIZE_MS = 90_000;
/** How long the reason of an end may take to be known after the connection closed. */
const END_MS = 3_000;

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
      const initialized = await limited(beforeEnd(initializing, gone, connection));
      return new AcpAgent(group, connection, gone, initialized, program);
    } catch (error) {
      await group.end();
      throw error;
    }
  }

  /** Whether the program still runs. */
  get runs(): boolean {
    return !this.hasEnded;
  }

  async newSession(servers: McpServer[]): Promise<string> {
    const { sessionId, modes } = await this.call<NewSessionResponse>('session/new', {
      cwd: this.cwd,
      mcpServers: servers,
      _meta: OWN_TOOLS,
    });
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
      const { modes } = await this.call<LoadSessionResponse>(canResume ? 'session/resume' : 'session/load', parameters);
      await this.letAsk(sessionId, modes);
      return true;
    } catch (error) {
      // Another credential, or its files were removed: a new session gets the memory of its branch.
      if (!this.runs) throw error;
      console.error(`drover: session ${sessionId} cannot be continued: ${messageOf(error)}`);
      return false;
    }
  }

  /** In a mode without questions the agent would do what the fleet file does not allow. */
  private async letAsk(sessionId: string, modes: SessionModeState | null | undefined): Promise<void> {
    const modeId = this.asks ? askingMode(modes) : null;
    if (modeId !== null) await this.call('session/set_mode', { sessionId, modeId });
  }

  async prompt(sessionId: string, text: string): Promise<PromptResponse> {
    return this.call('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
  }

  async cancel(sessionId: string): Promise<void> {
    if (this.runs) await this.connection.agent.notify('session/cancel', { sessionId });
  }

  /** Lets the agent forget what it holds of a session in memory. */
  async close(sessionId: string): Promise<void> {
    if (isRecord(this.capabilities.sessionCapabilities?.close)) await this.call('session/close', { sessionId });
  }

  /** Ends the program and its children. */
  async end(): Promise<void> {
    await this.group.end();
    await this.gone;
  }

  /** A call, which fails at once when the program ends. */
  private call: ClientContext['request'] = async (...given: Parameters<ClientContext['request']>) =>
    beforeEnd(this.connection.agent.request(...given), this.gone, this.connection);
}

async function limited<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_, reject) => {
    const why = `it did not answer "initialize" within ${String(INITIALIZE_MS / 1_000)} s; does it speak ACP?`;
    timer = setTimeout(() => reject(new AgentFailure(why)), INITIALIZE_MS);
  });
  try {
    return await Promise.race([answer, silent]);
  } finally {
    clearTimeout(timer);
  }
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
