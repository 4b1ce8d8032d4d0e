/** An agent's endpoint for tests of the turn activity, and calls to it. */
import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTurnActivities } from '../../../src/activities/turns/turns';
import type { TurnCall, TurnResult } from '../../../src/contract/activities';
import type { AssignedSubscription } from '../../../src/contract/agent';
import { turnRequest } from '../../agent/turn-request';
import { activityEnvironment } from '../../support/quiet';

export const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
});

export async function agentThat(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

export function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
  return agentThat((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(status, headers).end(body));
  });
}

export function callTo(endpoint: string): TurnCall {
  return { fleet: 'mars', agent: 'A', endpoint, request: turnRequest(), replyTo: 'run/mars/r/0' };
}

export function turn(
  endpoint: string,
  allowedHosts?: string[],
  environment = activityEnvironment(),
  subscription: AssignedSubscription | null = null,
): Promise<TurnResult> {
  const activities = createTurnActivities({ agentSecret: 'secret', allowedHosts });
  const { request, ...call } = callTo(endpoint);
  const whole = { ...call, request: { ...request, subscription } };
  return environment.run((given: TurnCall) => activities.takeTurn(given), whole);
}
