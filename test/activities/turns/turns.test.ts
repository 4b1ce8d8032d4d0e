/** The turn activity: its call, and every outcome. */
import { boundedText, ERROR_BYTES } from '../../../src/contract/text';
import { agentToken } from '../../../src/contract/agent/token';
import { turnRequest } from '../../agent/turn-request';
import { failureOf } from '../failure-of';
import { servers, agentThat, answering, turn } from './endpoint';

describe('what an agent is asked', () => {
  test('the request, at its path, with its own token', async () => {
    const seen: unknown[] = [];
    const endpoint = await agentThat((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        const { authorization, 'content-type': type } = request.headers;
        seen.push({ method: request.method, url: request.url, authorization, type, body: JSON.parse(text) as unknown });
        response.end('{"action":"final","response":1}');
      });
    });
    expect(await turn(`${endpoint}/base/`)).toEqual({ reply: { action: 'final', response: 1 } });
    const authorization = `Bearer ${agentToken('secret', 'mars', 'A')}`;
    expect(seen).toEqual([
      { method: 'POST', url: '/base/turn', authorization, type: 'application/json', body: turnRequest() },
    ]);
  });
});

describe('outcomes', () => {
  test.each([
    ['JSON', 200, '["any", "json"]', { reply: ['any', 'json'] }],
    ['text', 200, 'I think that AgentB should do it', { reply: 'I think that AgentB should do it' }],
    ['much text', 200, 'x'.repeat(5_000), { reply: boundedText('x'.repeat(5_000), ERROR_BYTES) }],
    ['nothing', 204, '', { reply: '' }],
    [
      'a refusal',
      400,
      'bad',
      { error: { code: 'TurnRejected', message: 'mars/A: it answered 400: bad' }, retry: { on: 'error' } },
    ],
    [
      'a bug',
      500,
      'boom',
      { error: { code: 'TurnRejected', message: 'mars/A: it answered 500: boom' }, retry: { on: '5xx' } },
    ],
  ])('%s', async (_, status, body, outcome) => {
    expect(await turn(await answering(status, body))).toEqual(outcome);
  });

  test('a failure that the agent names is not the branch’s, with any text', async () => {
    const reply = JSON.stringify({ action: 'fail', error: 'limit', failure: { kind: 'rate_limit' } });
    expect(await turn(await answering(200, reply))).toEqual({
      reply: { action: 'fail', error: 'limit' },
      retry: { on: 'rate_limit' },
    });
  });

  const fails = (error: string, more = {}) => JSON.stringify({ action: 'fail', error, ...more });
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  test.each<[string, number, string, Record<string, string>, object | undefined]>([
    ['429', 429, 'slow down', {}, { on: 'rate_limit' }],
    ['429 with Retry-After', 429, 'slow down', { 'retry-after': '7' }, { on: 'rate_limit', afterMs: 7_000 }],
    ['a model’s 429 by its words', 200, fails('429 Too Many Requests'), {}, { on: 'rate_limit' }],
    ['a model’s refused key', 200, fails('401 invalid api key'), {}, { on: 'error' }],
    ['a thrown error', 200, fails('boom'), {}, { on: 'error' }],
    ['501', 501, 'not built', {}, { on: '5xx' }],
    ['a reply', 200, '{"action":"final","response":1}', {}, undefined],
    ['text', 200, 'I have to fail', {}, undefined],
  ])('%s may be asked again for what it is', async (_, status, body, headers, retry) => {
    expect((await turn(await answering(status, body, headers))).retry).toEqual(retry);
  });

  test('a rate limit with a reset time waits for it', async () => {
    const body = fails('limit', { failure: { kind: 'rate_limit', resetAt: inAnHour } });
    const { retry } = await turn(await answering(200, body));
    expect(retry).toEqual({ on: 'rate_limit', afterMs: expect.any(Number) as number });
    expect(retry?.afterMs).toBeGreaterThan(3_500_000);
  });

  test('more than 1 MiB', async () => {
    expect(await turn(await answering(200, JSON.stringify('x'.repeat(1024 * 1024))))).toEqual({
      error: { code: 'LimitReached', message: 'mars/A: its answer is longer than 1048576 bytes' },
    });
  });

  test('a redirect is not followed', async () => {
    const elsewhere: string[] = [];
    const other = await agentThat((request, response) => {
      elsewhere.push(request.url ?? '');
      response.end('{}');
    });
    const outcome = await turn(await answering(307, '', { location: `${other}/turn` }));
    expect(outcome).toMatchObject({ error: { code: 'TurnRejected' } });
    expect(elsewhere).toEqual([]);
  });

  test.each([
    ['file:///etc/passwd', undefined, /neither http: nor https:/],
    ['nonsense', undefined, /is not a URL/],
    ['http://169.254.169.254/latest', undefined, /link-local/],
    ['http://[::ffff:169.254.169.254]/', undefined, /link-local/],
    ['http://127.0.0.1:1', ['agents.example.com'], /not one of the allowed hosts/],
    ['http://evil-example.com:1', ['*.example.com'], /not one of the allowed hosts/],
  ])('%s is not called', async (endpoint, allowed, message) => {
    expect(await turn(endpoint, allowed)).toMatchObject({
      error: { code: 'TurnRejected', message: expect.stringMatching(message) as string },
    });
  });

  test('an allowed host is called', async () => {
    expect(await turn(await answering(200, '1'), ['localhost', '127.0.0.1'])).toEqual({ reply: 1 });
  });
});

describe('an agent that is not there', () => {
  test('connection refused', async () => {
    const endpoint = await answering(200, '1');
    const server = servers.pop();
    server?.close();
    const failure = await failureOf(turn(endpoint));
    expect(failure).toMatchObject({ type: 'AgentUnavailable', nonRetryable: false });
    expect(failure.details).toEqual([
      {
        code: 'AgentUnavailable',
        message: failure.message,
        details: { why: expect.stringMatching(/^cannot be reached: .*ECONNREFUSED/) as string },
      },
    ]);
    expect(failure.message).toMatch(/mars\/A at http:.* is not available: .*ECONNREFUSED/);
  });

  test('a connection that breaks', async () => {
    const endpoint = await agentThat((request) => request.socket.destroy());
    const failure = await failureOf(turn(endpoint));
    expect(failure).toMatchObject({ type: 'AgentUnavailable', nonRetryable: true });
    expect(failure.details?.[0]).toMatchObject({ details: { broke: true } });
  });

  test('an answer that breaks off', async () => {
    const endpoint = await agentThat((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"action":', () => response.destroy());
    });
    expect(await failureOf(turn(endpoint))).toMatchObject({ type: 'AgentUnavailable' });
  });

  test.each([408, 502, 503, 504])('status %i', async (status) => {
    expect(await failureOf(turn(await answering(status, '')))).toMatchObject({
      type: 'AgentUnavailable',
      nonRetryable: false,
    });
  });

  test('the status and the first 500 characters of the body travel, in one line', async () => {
    const failure = await failureOf(turn(await answering(503, `busy\nwith ${'x'.repeat(600)}`)));
    const why = `answered 503 (busy with ${'x'.repeat(490)})`;
    expect(failure.details?.[0]).toMatchObject({ details: { why } });
    expect(failure.message).toContain(why);
  });

  test.each([
    ['2', 2_000],
    ['86400', 60_000],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
  ])('Retry-After %s', async (value, ms) => {
    const failure = await failureOf(turn(await answering(503, '', { 'retry-after': value })));
    expect(failure.nextRetryDelay).toBe(ms);
  });
});

test.each([
  [520, {}],
  [524, {}],
  [529, {}],
  [500, { 'retry-after': '1' }],
])('an answer of %i with %j is not available at the moment', async (status, headers) => {
  await expect(turn(await answering(status, 'overloaded', headers))).rejects.toMatchObject({
    type: 'AgentUnavailable',
  });
});
