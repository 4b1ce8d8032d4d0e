/**
 * The agent's HTTP endpoint: checks the token, parses the body, calls a route and answers with
 * JSON.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { messageOf } from '../contract/text';

/** The answer of a route: a status and a JSON text. */
export interface Answer {
  readonly status: number;
  readonly json: string;
}

/**
 * One route, such as `POST /turn`. `rest` is the decoded part after the path (`DELETE
 * /turn/<rest>`).
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly open?: boolean;
  handle(body: unknown, rest: string): Promise<Answer>;
}

/** One call to an agent, however it arrives. `body` reads its text; undefined: it is too long. */
export interface AgentCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  body(): Promise<string | undefined>;
}

/** The most bytes of a body, as at the gateway (docs/http.md). */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** An answer with a JSON value. */
export function answer(status: number, value: unknown): Answer {
  return { status, json: JSON.stringify(value) };
}

/**
 * Creates the server, which does not listen yet. Routes that are not `open` need the agent's token.
 */
export function agentServer(token: string, routes: readonly Route[]): Server {
  return createServer((request, response) => {
    answerCall(callOf(request), routes, token).then(
      (result) => send(response, result),
      (error: unknown) => {
        console.error(error);
        send(response, answer(500, { error: messageOf(error) }));
      },
    );
  });
}

function callOf(request: IncomingMessage): AgentCall {
  return {
    method: request.method ?? '',
    path: new URL(request.url ?? '/', 'http://agent').pathname,
    authorization: request.headers.authorization,
    body: () => readBody(request),
  };
}

/** Finds the route of a call, checks its token, parses its body and answers it. */
export async function answerCall(call: AgentCall, routes: readonly Route[], token: string): Promise<Answer> {
  const { method, path } = call;
  const matching = routes.filter(
    (route) => path === route.path || (route.method === 'DELETE' && path.startsWith(`${route.path}/`)),
  );
  const route = matching.find((candidate) => candidate.method === method);
  if (!route) return answer(matching.length > 0 ? 405 : 404, { error: `no ${method} ${path} here` });
  if (!route.open && !isBearer(call.authorization, token)) return answer(401, { error: 'not the token of this agent' });
  const text = await call.body();
  if (text === undefined) return answer(413, { error: `a body has at most ${String(BODY_LIMIT_BYTES)} bytes` });
  const body = parse(text);
  if (method === 'POST' && body === undefined) return answer(400, { error: 'the body is not JSON' });
  return route.handle(body, decodeURIComponent(path.slice(route.path.length + 1)));
}

/** Answers a call that has proved who makes it. */
export async function answerRoute(
  routes: readonly Route[],
  method: Route['method'],
  path: string,
  body: unknown,
): Promise<Answer> {
  const route = routes.find((candidate) => candidate.method === method && candidate.path === path);
  return route === undefined ? answer(404, { error: `no ${method} ${path} here` }) : route.handle(body, '');
}

/** Compares hashes, so that lengths are equal and the time does not depend on the token. */
function isBearer(header: string | undefined, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(header ?? ''), hash(`Bearer ${token}`));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  return size > BODY_LIMIT_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, json }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(json);
}
