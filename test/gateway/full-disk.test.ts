/** A gateway beside a server whose disk is full: every error names the disk, and the gateway itself is well. */
import pino from 'pino';
import { DroverClient } from '../../src/client';
import { createGateway } from '../../src/gateway';
import { devServer } from '../support/env';
import { fill, mayMount, smallDisk } from '../support/small-disk';

const env = devServer();
const OPERATOR = 'operator-token-of-the-tests';

async function withGateway(
  client: DroverClient,
  databaseDir: string,
  use: (ask: (method: 'GET' | 'POST', url: string, payload?: object | string) => Promise<Answer>) => Promise<void>,
): Promise<void> {
  const logger = pino({ level: 'silent' });
  const agentSecret = 'agent-secret-of-the-tests';
  const app = await createGateway({
    client,
    operatorTokens: [OPERATOR],
    agentSecret,
    logger,
    databaseDir,
    version: '0.0.0',
  });
  const headers = { authorization: `Bearer ${OPERATOR}` };
  try {
    await use(async (method, url, payload) => {
      const lines = typeof payload === 'string' ? { 'content-type': 'application/x-ndjson' } : {};
      const answer = await app.inject({
        method,
        url,
        headers: { ...headers, ...lines },
        ...(payload === undefined ? {} : { payload }),
      });
      return { status: answer.statusCode, body: answer.json() };
    });
  } finally {
    await app.close();
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

(mayMount() ? it : it.skip)('names the full disk in every answer, in /readyz too, and is healthy', async () => {
  const disk = smallDisk(1);
  if (disk === null) throw new Error('the disk could not be mounted');
  const full = expect.stringMatching(new RegExp(`^the disk that holds ${disk.path} is full, .*make room`)) as string;
  // A server that does not answer, as one that cannot write.
  const silent = DroverClient.connect({ bare: true, address: '127.0.0.1:1' });
  try {
    fill(disk.path);
    await withGateway(silent, disk.path, async (ask) => {
      for (const [method, url, payload] of [
        ['GET', '/v1/agents', undefined],
        ['POST', '/v1/agents/f/a/pause', {}],
        ['POST', '/v1/agents/f/a/heartbeat', { instanceId: 'i', status: 'ready' }],
        ['GET', '/readyz', undefined],
      ] as const) {
        const { status, body } = await ask(method, url, payload);
        expect([503, 504]).toContain(status);
        expect(body).toMatchObject({ status, code: status === 503 ? 'Unavailable' : 'Timeout', detail: full });
      }
      const line = JSON.stringify({ fleet: 'f', agent: 'a', instanceId: 'i', status: 'ready' });
      expect(await ask('POST', '/v1/heartbeats', `${line}\n`)).toMatchObject({ body: { error: { message: full } } });
      expect((await ask('GET', '/healthz')).status).toBe(200);
    });
    // One that reads, and cannot write.
    await withGateway(DroverClient.over(env.client), disk.path, async (ask) => {
      expect(await ask('GET', '/readyz')).toMatchObject({ status: 503, body: { code: 'Unavailable', detail: full } });
      expect((await ask('GET', '/v1/agents')).status).toBe(200);
    });
  } finally {
    await silent.close();
    disk.remove();
  }
});

it('with room on the disk nothing is said of it', () =>
  withGateway(DroverClient.over(env.client), '/', async (ask) => {
    expect((await ask('GET', '/readyz')).status).toBe(200);
    expect(JSON.stringify((await ask('GET', '/v1/agents/f/none')).body)).not.toContain('disk');
  }));
