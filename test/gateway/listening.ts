/** A gateway that listens, in front of a Temporal that is not there: for what never gets as far. */
import { createConnection, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { DroverClient } from '../../src/client';
import { createGateway, type GatewayOptions } from '../../src/gateway';

export const OPERATOR = 'operator-token-of-the-tests';
export const SECRET = 'agent-secret-of-the-tests';

/** Listens for as long as the test takes. */
export async function withLoneGateway(
  test: (url: string, app: FastifyInstance) => Promise<void>,
  options: Partial<GatewayOptions> = {},
): Promise<void> {
  const client = DroverClient.connect({ bare: true, address: '127.0.0.1:1', namespace: 'default' });
  const app = await createGateway({
    client,
    operatorTokens: [OPERATOR],
    agentSecret: SECRET,
    logger: pino({ level: 'silent' }),
    version: '1.2.3',
    ...options,
  });
  try {
    await test(await listen(app), app);
  } finally {
    // Not the client: while it still tries to connect, the SDK's repeats would find a closed channel and throw.
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
