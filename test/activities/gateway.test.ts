/** Asking a gateway whether it listens: a real one, one that has just failed to pass a beat on, and none. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayActivities } from '../../src/activities/gateway';
import { BeatLedger } from '../../src/gateway/routes/beats';
import { DroverError } from '../../src/contract/errors';
import { withLoneGateway } from '../gateway/listening';

async function withServer(answer: string, test: (url: string) => Promise<void>): Promise<void> {
  const server: Server = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await test(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('a gateway says for how long it has listened', async () => {
  await withLoneGateway(async (gatewayUrl) => {
    const { listeningMs } = await createGatewayActivities({ gatewayUrl }).askGateway();
    expect(listeningMs).toBeGreaterThanOrEqual(0);
    expect(Number.isInteger(listeningMs)).toBe(true);
  });
});

it.each(['', 'not JSON', '[]', '{"status":"ok"}', '{"listeningMs":"7"}', '{"listeningMs":-1}'])(
  'does not count as an answer of a gateway: %j',
  async (answer) => {
    await withServer(answer, async (gatewayUrl) => {
      expect(await createGatewayActivities({ gatewayUrl }).askGateway()).toEqual({ listeningMs: null });
    });
  },
);

it('a port without a gateway gives no answer', async () => {
  expect(await createGatewayActivities({ gatewayUrl: 'http://127.0.0.1:1' }).askGateway()).toEqual({
    listeningMs: null,
  });
});

it('a ledger listens since its start, or since a beat that could not be passed on', async () => {
  let now = 1_000;
  let error: DroverError | undefined = undefined;
  const target = {
    heartbeat: () => (error === undefined ? Promise.resolve() : Promise.reject(error)),
    describe: () => Promise.reject(new DroverError('Unavailable', 'no worker')),
  };
  const ledger = new BeatLedger(target, { received: () => undefined, forwarded: () => undefined }, () => now);
  const beat = () => Promise.resolve(ledger.beat({ fleet: 'f', agent: 'a' }, { instanceId: 'i', status: 'ready' }));
  now = 61_000;
  expect(ledger.listeningMs()).toBe(60_000);
  error = new DroverError('AgentNotFound', 'no such agent');
  await expect(beat()).rejects.toThrow('no such agent');
  expect(ledger.listeningMs()).toBe(60_000);
  error = new DroverError('Unavailable', 'Temporal cannot be reached');
  await expect(beat()).rejects.toThrow('cannot be reached');
  now = 64_000;
  expect(ledger.listeningMs()).toBe(3_000);
});
