/**
 * The MCP server of the adapter: its tools are the replies of a turn. It listens on loopback; each
 * session has a token of its own, which opens nothing while no turn of that session is in progress.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { TurnReply } from '../../contract/agent/turns';
import { messageOf } from '../../contract/text';
import { packageVersion } from '../../version';

/** The name of the server, which agents put before its tools. */
export const TOOLS_NAME = 'drover';

/** Takes a reply of the protocol. The text goes back to the model; `refused`: the reply does not count. */
export type ReplyTaker = (reply: unknown) => { readonly text: string; readonly refused: boolean };

/** Where an agent finds the tools. */
export interface ToolsAddress {
  readonly url: string;
  readonly token: string;
}

const anything = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.unknown()), z.looseObject({})]);

interface Tool {
  readonly description: string;
  readonly inputSchema: z.ZodObject;
}

/** The tools by name: what each is for, and its arguments. */
const TOOLS: Readonly<Record<TurnReply['action'], Tool>> = {
  invoke: {
    description:
      'Hand over to one agent, or to several at the same time. It ends your part; the results of several come in your next message.',
    inputSchema: z.object({
      invocations: z
        .array(
          z.object({
            agent: z.string().describe('the name of an agent that you may hand over to'),
            request: anything.describe('what it is to do; all that it needs to know'),
          }),
        )
        .min(1),
    }),
  },
  final: {
    description: 'Give your answer. It ends your part.',
    inputSchema: z.object({ response: anything.describe('the answer: a text, or any JSON') }),
  },
  ask: {
    description: 'Ask the human. It ends your part; the answer comes in your next message.',
    inputSchema: z.object({ question: z.string() }),
  },
  fail: {
    description: 'Say that you cannot do it, and why. It ends your part.',
    inputSchema: z.object({ error: z.string() }),
  },
};

const NO_TURN: ReplyTaker = () => ({ text: 'No turn is in progress: nothing was passed on.', refused: true });

/** The server and the sessions that it serves. */
export class Tools {
  private readonly server: Server;
  private readonly takers = new Map<string, () => ReplyTaker | undefined>();

  private constructor(fetch: (request: Request) => Promise<Response>) {
    this.server = createServer((request, response) => {
      this.handle(request, response, fetch).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
    });
  }

  /** Listens on a free port of the loopback interface. */
  static async start(): Promise<Tools> {
    const { createMcpHandler, McpServer } = await import('@modelcontextprotocol/server');
    const handler = createMcpHandler(({ requestInfo }) => {
      const take = tools.takerOf(requestInfo?.headers.get('authorization') ?? undefined);
      const server = new McpServer({ name: 'drover', version: packageVersion() });
      for (const [action, tool] of Object.entries(TOOLS)) {
        server.registerTool(action, tool, (input) => {
          const { text, refused } = (take?.() ?? NO_TURN)({ ...input, action });
          return { content: [{ type: 'text', text }], isError: refused };
        });
      }
      return server;
    });
    const tools = new Tools(handler.fetch);
    tools.server.listen(0, '127.0.0.1');
    await once(tools.server, 'listening');
    // The adapter lives as long as its agent, not as long as its tools.
    tools.server.unref();
    return tools;
  }

  /** An address for one session. `taker` is asked at each call; undefined: no turn is in progress. */
  open(taker: () => ReplyTaker | undefined): ToolsAddress {
    const token = randomBytes(32).toString('hex');
    this.takers.set(`Bearer ${token}`, taker);
    const { port } = this.server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${String(port)}/mcp`, token };
  }

  /** Closes the address of a session. */
  close({ token }: ToolsAddress): void {
    this.takers.delete(`Bearer ${token}`);
  }

  private takerOf(authorization: string | undefined): (() => ReplyTaker | undefined) | undefined {
    return authorization === undefined ? undefined : this.takers.get(authorization);
  }

  private async handle(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    fetch: (request: Request) => Promise<Response>,
  ): Promise<void> {
    const { authorization } = incoming.headers;
    if (this.takerOf(authorization) === undefined) {
      outgoing.writeHead(401, { 'content-type': 'text/plain' }).end('the token of no session');
      return;
    }
    const answer = await fetch(requestOf(incoming)).catch(
      (error: unknown) => new Response(messageOf(error), { status: 500 }),
    );
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body === null) outgoing.end();
    else await pipeline(Readable.fromWeb(answer.body), outgoing);
  }
}

function requestOf(incoming: IncomingMessage): Request {
  const { method = 'GET', url = '/', headers } = incoming;
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(url, 'http://127.0.0.1'), {
    method,
    headers: fields,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}),
  });
}
