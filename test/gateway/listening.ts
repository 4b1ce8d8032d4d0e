/** Gateways for tests: with the tokens that all of them use, listening on a port of their own. */
import { createConnection, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { DroverClient } from '../../src/client';
import { createGateway, type GatewayOptions } from '../../src/gateway';
import type { TestEnv } from '../support/env';

export const OPERATOR = 'operator-token-of-the-tests';
export const SECRET = 'agent-secret-of-the-tests';

/** A gateway in front of a client, which does not listen yet. */
export function gatewayOver(client: DroverClient, options: Partial<GatewayOptions> = {}): Promise<FastifyInstance> {
  return createGateway({
    client,
    operatorTokens: [OPERATOR],
    agentSecret: SECRET,
    logger: pino({ level: 'silent' }),
    version: '1.2.3',
    ...options,
  });
}

/** A gateway that listens, in front of a Temporal that is not there: for what never gets as far. */
export async function withLoneGateway(
  test: (url: string, app: FastifyInstance) => Promise<void>,
  options: Partial<GatewayOptions> = {},
): Promise<void> {
  const client = DroverClient.connect({ bare: true, address: '127.0.0.1:1', namespace: 'default' });
  // Its client is not closed: while it still tries to connect, the SDK's repeats would find a closed channel and throw.
  await withListening(await gatewayOver(client, options), test);
}

/** An answer as a caller sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Sends a call; as an operator unless other headers say otherwise. */
export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

/** A gateway that listens, in front of a server of the tests, and a way to ask it. */
export async function withGateway(
  env: TestEnv,
  taskQueue: string,
  test: (ask: Ask, url: string) => Promise<void>,
): Promise<void> {
  const app = await gatewayOver(DroverClient.over(env.client, taskQueue));
  await withListening(app, (url) =>
    test(async (method, path, body, headers = {}) => {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      const answer = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${OPERATOR}`,
          ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
      });
      const said = await answer.text();
      const type = answer.headers.get('content-type') ?? '';
      const isJson = type.includes('json') && !type.includes('ndjson');
      return {
        status: answer.status,
        headers: answer.headers,
        body: (isJson ? JSON.parse(said) : { text: said }) as Record<string, unknown>,
      };
    }, url),
  );
}

async function withListening(
  app: FastifyInstance,
  test: (url: string, app: FastifyInstance) => Promise<void>,
): Promise<void> {
  try {
    await test(await listen(app), app);
  } finally {
    await app.close();
  }
}

/** Lets an app listen on a free port, and returns where. */
export async function listen(app: FastifyInstance): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`;
}

/** Sends bytes as they are, and reads until the other side closes. */
export async function raw(url: string, request: string): Promise<string> {
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
  socket.write(request);
  return text(socket);
}
