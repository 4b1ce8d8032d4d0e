import pino from 'pino';
import { DroverClient } from '../../src/client';
import { createGateway } from '../../src/gateway';

const OPERATOR = 'operator-token-of-the-tests';
const authorization = `Bearer ${OPERATOR}`;

it('says 503 and when to come again while Temporal cannot be reached', async () => {
  const client = DroverClient.connect({ bare: true, address: '127.0.0.1:1' });
  const app = await createGateway({
    client,
    operatorTokens: [OPERATOR],
    agentSecret: 'agent-secret-of-the-tests',
    logger: pino({ level: 'silent' }),
    version: '0.0.0',
  });
  try {
    const ask = (method: 'GET' | 'POST', url: string, payload?: object) =>
      app.inject({ method, url, headers: { authorization }, ...(payload === undefined ? {} : { payload }) });
    const answers = await Promise.all([
      ask('GET', '/readyz'),
      ask('GET', '/v1/agents'),
      ask('GET', '/v1/events'),
      ask('POST', '/v1/agents/f/a/pause', {}),
      ask('POST', '/v1/agents/f/a/heartbeat', { instanceId: 'i', status: 'ready' }),
    ]);
    for (const answer of answers) {
      expect([503, 504]).toContain(answer.statusCode);
      expect(answer.json()).toMatchObject({
        status: answer.statusCode,
        detail: expect.stringContaining('Temporal') as string,
      });
      if (answer.statusCode === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await ask('GET', '/healthz')).statusCode).toBe(200);
  } finally {
    await app.close();
    await client.close();
  }
});
