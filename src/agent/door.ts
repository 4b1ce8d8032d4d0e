/** How Drover reaches an agent: at a server of its own, or by the agent's polls. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { PULL_ENDPOINT } from '../contract/agent/pull';
import { Puller } from './pull';
import { agentServer, type Route } from './server';
import type { AgentIdentity } from './settings';
import type { TurnMemory } from './turn-memory';
import type { AgentOptions } from './options';

/** The time for answers to be sent, which needs milliseconds. */
const FLUSH_MS = 1_000;

/** Where Drover reaches the agent, and how that ends once all turns have. */
interface Door {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/** Serves at an address of its own. */
export async function listening(
  { token }: AgentIdentity,
  routes: readonly Route[],
  { host = '127.0.0.1', port = 0, endpoint }: AgentOptions,
): Promise<Door> {
  const server = agentServer(token, routes);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${String(own)}`;
  return { endpoint: endpoint ?? url, close: () => closed(server) };
}

/** Polls the gateway for calls. */
export function pulling(identity: AgentIdentity, routes: readonly Route[], turns: TurnMemory): Door {
  const puller = new Puller(identity, routes, (turnId) => turns.withdraw(turnId));
  const running = puller.run();
  return {
    endpoint: PULL_ENDPOINT,
    close: async () => {
      await Promise.race([puller.stop(), pause(FLUSH_MS, undefined, { ref: false })]);
      await running;
    },
  };
}

/** Lets pending answers finish, then closes every connection. */
async function closed(server: Server): Promise<void> {
  const flushed = once(server, 'close');
  server.close();
  const limit = setTimeout(() => server.closeAllConnections(), FLUSH_MS);
  await flushed;
  clearTimeout(limit);
}
