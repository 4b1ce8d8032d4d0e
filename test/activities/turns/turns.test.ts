import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CancelledFailure } from '@temporalio/common';
import { ActivityCancellationDetails } from '@temporalio/common';
import { createTurnActivities } from '../../../src/activities/turns/turns';
import type { TurnCall, TurnResult } from '../../../src/contract/activities';
import type { AssignedSubscription } from '../../../src/contract/agent';
import { boundedText, ERROR_BYTES } from '../../../src/contract/text';
import { agentToken } from '../../../src/contract/agent/token';
import { turnRequest } from '../../agent/turn-request';
import { failureOf } from '../failure-of';
import { activityEnvironment } from '../../support/quiet';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  }
});

async function agentThat(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
  return agentThat((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(status, headers).end(body));
  });
}

function callTo(endpoint: string): TurnCall {
  return { fleet: 'mars', agent: 'A', endpoint, request: turnRequest(), replyTo: 'run/mars/r/0' };
}

function turn(
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

describe('cancellation', () => {
  /** An agent that never answers a turn; resolves when it is asked, when its caller is gone, when the turn is withdrawn. */
  async function silentAgent() {
    const events: string[] = [];
    const levers: Record<string, () => void> = {};
    const when = Object.fromEntries(
      ['asked', 'left', 'DELETE /turn/t1'].map((name) => [
        name,
        new Promise<void>((resolve) => (levers[name] = resolve)),
      ]),
    );
    const happened = (event: string): void => {
      events.push(event);
      levers[event]?.();
    };
    const endpoint = await agentThat((request, response) => {
      request.resume();
      if (request.method === 'DELETE') {
        happened(`DELETE ${request.url ?? ''}`);
        response.end('{}');
        return;
      }
      response.once('close', () => happened('left'));
      happened('asked');
    });
    return { endpoint, events, when };
  }

  test('a cancelled turn leaves the agent and tells it', async () => {
    const { endpoint, when } = await silentAgent();
    const environment = activityEnvironment();
    const work = turn(endpoint, undefined, environment);
    await when['asked'];
    environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true }));
    await expect(work).rejects.toBeInstanceOf(CancelledFailure);
    await Promise.all([when['left'], when['DELETE /turn/t1']]);
  });

  test('a worker that shuts down leaves the turn to the next one', async () => {
    const { endpoint, events, when } = await silentAgent();
    const environment = activityEnvironment();
    const work = turn(endpoint, undefined, environment);
    await when['asked'];
    environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
    await expect(work).rejects.toBeInstanceOf(CancelledFailure);
    await when['left'];
    expect(events).toEqual(['asked', 'left']);
  });

  test('it beats while the agent works', async () => {
    const { endpoint, when } = await silentAgent();
    const environment = activityEnvironment();
    const beat = once(environment, 'heartbeat');
    const work = turn(endpoint, undefined, environment);
    await Promise.all([beat, when['asked']]);
    environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true }));
    await expect(work).rejects.toBeInstanceOf(CancelledFailure);
  });
});

describe('with a subscription', () => {
  const SUBSCRIPTION = { pool: 'p', name: 'a', assignment: 1 };
  const taken = async (status: number, body: string, headers: Record<string, string> = {}) =>
    turn(await answering(status, body, headers), undefined, activityEnvironment(), SUBSCRIPTION);
  const failed = (failure: object, error = 'limit') =>
    JSON.stringify({ action: 'fail', error, ...(Object.keys(failure).length === 0 ? {} : { failure }) });

  test.each([
    ['a 429', 429, 'slow down', { kind: 'rate_limit' }, 'RateLimited'],
    ['a 401', 401, 'token expired', { kind: 'auth' }, 'TurnRejected'],
    ['a 402', 402, 'pay', { kind: 'auth' }, 'TurnRejected'],
    ['a 403', 403, 'no', { kind: 'auth' }, 'TurnRejected'],
  ])('%s is its provider’s', async (_, status, body, failure, code) => {
    const message = `mars/A: it answered ${String(status)}: ${body}`;
    expect(await taken(status, body)).toEqual({ error: { code, message }, failure });
  });

  test('with the time that the provider names', async () => {
    const before = Date.now();
    const { failure } = await taken(429, '', { 'retry-after': '60' });
    expect(Math.round((Date.parse(failure?.resetAt ?? '') - before) / 1_000)).toBe(60);
  });

  test.each([
    ['a fail that names it', failed({ kind: 'auth' }), { kind: 'auth' }],
    [
      'with its reset',
      failed({ kind: 'rate_limit', resetAt: '2030-01-01T00:00:00Z' }),
      { kind: 'rate_limit', resetAt: '2030-01-01T00:00:00.000Z' },
    ],
    ['a fail whose text is known', failed({}, 'API Error: 429 Too Many Requests'), { kind: 'rate_limit' }],
    ['a fail that says that it is something else', failed({ kind: 'other' }, 'not authenticated'), undefined],
    ['any other fail', failed({}, 'I do not know'), undefined],
    [
      'a fail that says nothing',
      '{"action":"fail","error":{"toString":1},"failure":{"kind":{"toString":1}}}',
      undefined,
    ],
    ['a final reply with such a text', '{"action":"final","response":"429 Too Many Requests"}', undefined],
    ['an invalid failure', failed({ kind: 'sad' }, 'x'), undefined],
  ])('%s', async (_, body, failure) => {
    const { failure: found, ...outcome } = await taken(200, body);
    expect(found).toEqual(failure);
    expect(JSON.stringify(outcome)).not.toContain('"failure"');
  });

  test('an agent that does not know Drover’s token has not failed with its credential', async () => {
    const outcome = await taken(401, '{"error":"not the token of this agent"}');
    expect(outcome).toMatchObject({ error: { code: 'TurnRejected' } });
    expect(outcome.failure).toBeUndefined();
  });
});

describe('secrets in what an agent says', () => {
  const environment = {
    CLAUDE_API_KEY: 'sk-of-the-environment',
    SUB_A: 'the credential of this turn',
    MODEL: 'what a variable refers to',
    TERM: 'xterm-256color',
  };
  async function told(status: number, body: string): Promise<string> {
    const activities = createTurnActivities({ agentSecret: 'a-long-agent-secret', environment });
    const call = { ...callTo(await answering(status, body)), secret: 'env:SUB_A', references: ['env:MODEL'] };
    return JSON.stringify(await activityEnvironment().run((given: TurnCall) => activities.takeTurn(given), call));
  }
  const token = agentToken('a-long-agent-secret', 'mars', 'A');
  const all = [environment.CLAUDE_API_KEY, environment.SUB_A, environment.MODEL, token];

  test.each(all)('%s is in no error', async (secret) => {
    for (const [status, body] of [
      [500, `headers: Bearer ${secret}`],
      [401, `bad key ${secret}`],
      [200, JSON.stringify({ action: 'fail', error: `401 bad key ${secret}` })],
      [200, `401 bad key ${secret}`],
      [200, JSON.stringify({ action: secret })],
      [200, JSON.stringify({ action: 'invoke', invocations: [{ agent: secret, request: 1 }], [secret]: 1 })],
    ] as const) {
      const text = await told(status, body);
      expect(text).not.toContain(secret);
      expect(text).toContain('***');
    }
  });

  test('what agents tell each other is theirs', async () => {
    const reply = { action: 'invoke', invocations: [{ agent: 'B', request: { key: token } }], undo: [token] };
    expect(await told(200, JSON.stringify(reply))).toBe(JSON.stringify({ reply }));
  });

  test('nothing is shown if the credential cannot be looked up', async () => {
    const activities = createTurnActivities({ agentSecret: 'a-long-agent-secret', environment });
    for (const body of ['text', JSON.stringify({ action: 'fail', error: 'text' })]) {
      const call = { ...callTo(await answering(200, body)), secret: 'env:GONE' };
      const outcome = await activityEnvironment().run(() => activities.takeTurn(call));
      expect(JSON.stringify(outcome)).toContain('not shown, as it may hold a secret');
      expect(JSON.stringify(outcome)).not.toContain('"text"');
    }
  });

  test('other text stays', async () => {
    expect(await told(500, 'TERM is xterm-256color')).toContain('xterm-256color');
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
