/** Drover's gateway for the real processes of a test. Agents in memory need none. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import type { DroverClient } from '../../client';
import type { Heartbeat } from '../../contract/agent';
import { LOOPBACK } from '../../dev/ports';
import { createGateway } from '../../gateway';
import { packageVersion } from '../../version';

/** Dependencies of a gateway of a test. */
export interface TestGatewayOptions {
  readonly client: DroverClient;
  readonly agentSecret: string;
  /** Called with every beat that an agent's workflow needs. */
  readonly heard: (agent: string, beat: Heartbeat) => Promise<void>;
  /** Called with the path of every request, before it is answered. */
  readonly asked: (path: string) => void;
}

/** A running gateway on a free port of the loopback address. */
export interface TestGateway {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts a gateway. */
export async function startTestGateway({
  client,
  agentSecret,
  heard,
  asked,
}: TestGatewayOptions): Promise<TestGateway> {
  const app = await createGateway({
    client,
    agentSecret,
    operatorTokens: [],
    logger: pino({ level: 'silent' }),
    version: packageVersion(),
    beatTarget: {
      heartbeat: ({ agent }, beat) => heard(agent, beat),
      describe: (ref) => client.agents.describe(ref),
    },
  });
  await app.ready();
  const server = createServer((request, response) => {
    asked(request.url ?? '');
    app.routing(request, response);
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await app.close();
  };
  return { url: `http://${LOOPBACK}:${String(port)}`, stop };
}
