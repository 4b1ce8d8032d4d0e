/** A gateway of a scale run, as `drover gateway` runs it. It says its URL. */
import { once } from 'node:events';
import { pino } from 'pino';
import { DroverClient } from '../../src/client';
import { createGateway } from '../../src/gateway';

/** The argument of the process. */
export interface GatewayArgument {
  readonly address: string;
  readonly prefix: string;
  readonly token: string;
  readonly agentSecret: string;
}

async function main({ address, prefix, token, agentSecret }: GatewayArgument): Promise<void> {
  const client = DroverClient.connect({ env: {}, bare: true, address, namespace: 'default', queuePrefix: prefix });
  const app = await createGateway({
    client,
    operatorTokens: [token],
    agentSecret,
    logger: pino({ level: 'error' }, process.stderr),
    version: 'scale',
    leases: true,
    // Two gateways carry the calls of one operator here, so no limit of a minute may be met.
    agentCallsPerMinute: 1_000_000,
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  // Its conductor has ended, however that was.
  process.once('disconnect', () => process.exit(1));
  process.send?.(url);
  await once(process, 'SIGTERM');
  await app.close();
  await client.close();
  process.exit(0);
}

void main(JSON.parse(process.argv[2] ?? '') as GatewayArgument);
