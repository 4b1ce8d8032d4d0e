import { request as httpRequest } from 'node:http';
import { ask, fail, final, invoke, serveAgent } from '../../src/agent';
import type { AgentOptions, RunningAgent } from '../../src/agent/options';
import { until } from '../../src/lib/until';
import { FakeGateway } from './gateway';
import { turnRequest } from './turn-request';
import { PATIENCE_MS } from '../support/patience';

let gateway: FakeGateway;
let agents: RunningAgent[];

beforeEach(async () => {
  gateway = await new FakeGateway().listen();
  agents = [];
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await gateway.close();
  jest.restoreAllMocks();
});

const environment = () => ({
  DROVER_GATEWAY: gateway.url,
  DROVER_FLEET: 'mars',
  DROVER_AGENT: 'A',
  DROVER_TOKEN: 'token-of-A',
  DROVER_INSTANCE: 'i-1',
});

async function serve(options: Partial<AgentOptions> = {}): Promise<RunningAgent> {
  const agent = await serveAgent({
    onTurn: () => final('done'),
    environment: environment(),
    signals: false,
    graceMs: 5_000,
    ...options,
  });
  agents.push(agent);
  return agent;
}

async function call(
  agent: RunningAgent,
  path: string,
  body: unknown,
  { method = 'POST', token = 'token-of-A' }: { method?: string; token?: string } = {},
): Promise<{ status: number; body: unknown }> {
  const payload = method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(agent.endpoint + path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...payload,
  });
  return { status: response.status, body: await response.json() };
}

/** A promise with its levers. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

describe('beats', () => {
  test('the first tells the endpoint, each has the next number, and the gateway sets the pace', async () => {
    gateway.answer = { desired: 'run', nextBeatMs: 50 };
    const agent = await serve();
    expect(gateway.beats[0]).toEqual({
      agent: 'A',
      authorization: 'Bearer token-of-A',
      instanceId: 'i-1',
      seq: 1,
      status: 'ready',
      endpoint: agent.endpoint,
      load: 0,
    });
    await gateway.beat(({ seq }) => seq === 4);
    expect(gateway.beats.map(({ seq }) => seq).slice(0, 4)).toEqual([1, 2, 3, 4]);
  });

  test('it is starting until its start is done', async () => {
    const start = deferred<undefined>();
    const serving = serve({ onStart: () => start.promise });
    const first = await gateway.beat(({ status }) => status === 'starting');
    const health = await fetch(`${first.endpoint ?? ''}/healthz`);
    expect(health.status).toBe(503);
    start.resolve(undefined);
    await serving;
    expect(gateway.beats.at(-1)).toMatchObject({ status: 'ready' });
    expect((await fetch(`${first.endpoint ?? ''}/healthz`)).status).toBe(200);
  });

  test('a change of status is beaten at once', async () => {
    gateway.answer = { desired: 'run', nextBeatMs: 60_000 };
    const agent = await serve();
    await agent.setStatus('degraded');
    expect(gateway.beats.map(({ status }) => status)).toEqual(['ready', 'degraded']);
  });

  test('a gateway that is away, or refuses, is tried again and again, and finds the agent when it is back', async () => {
    const { port } = gateway;
    await serve();
    await gateway.close();
    gateway = new FakeGateway();
    gateway.status = 500;
    await gateway.listen(port);
    await until(async () => gateway.requests > 1 || undefined, PATIENCE_MS);
    gateway.status = 200;
    await gateway.beat(({ status }) => status === 'ready');
    expect(gateway.requests).toBeGreaterThan(2);
  });

  test('it starts without a gateway', async () => {
    const { port } = gateway;
    await gateway.close();
    const agent = await serve();
    expect((await call(agent, '/turn', turnRequest())).body).toEqual({ action: 'final', response: 'done' });
    gateway = await new FakeGateway().listen(port);
    await gateway.beat(({ endpoint }) => endpoint === agent.endpoint);
  });

  test('each answer is heard', async () => {
    const heard = deferred<unknown>();
    gateway.answer = { desired: 'pause', nextBeatMs: 50 };
    await serve({ onBeat: (answer) => heard.resolve(answer) });
    expect(await heard.promise).toEqual({ desired: 'pause', nextBeatMs: 50 });
  });

  test.each([[{}], [{ nextBeatMs: -1 }], [{ nextBeatMs: 'soon' }], [{ nextBeatMs: 1e12 }]])(
    'an answer of %j does no harm',
    async (answer) => {
      gateway.answer = answer as never;
      const agent = await serve();
      await agent.setStatus('degraded');
      expect(gateway.beats.map(({ status }) => status)).toEqual(expect.arrayContaining(['ready', 'degraded']));
    },
  );

  test('without its variables it says which are missing', async () => {
    await expect(serveAgent({ onTurn: () => final(1), environment: { DROVER_FLEET: 'mars' } })).rejects.toThrow(
      /DROVER_GATEWAY, DROVER_AGENT, DROVER_TOKEN not set/,
    );
  });
});

describe('turns', () => {
  test('the handler gets the request and its reply is the answer', async () => {
    const seen: unknown[] = [];
    const agent = await serve({
      onTurn: (turn) => {
        seen.push(turn);
        return invoke('B', { n: 1 });
      },
    });
    expect(await call(agent, '/turn', turnRequest())).toEqual({
      status: 200,
      body: { action: 'invoke', invocations: [{ agent: 'B', request: { n: 1 } }] },
    });
    expect(seen).toEqual([{ ...turnRequest(), progress: expect.any(Function) as unknown }]);
  });

  test('a turn that is asked again joins the one in flight, and gets the remembered answer later', async () => {
    const work = deferred<string>();
    let count = 0;
    const agent = await serve({
      onTurn: async () => {
        count += 1;
        return final(await work.promise);
      },
    });
    const first = call(agent, '/turn', turnRequest());
    const second = call(agent, '/turn', turnRequest({ attempt: 2 }));
    await gateway.beat(({ load }) => load === 1);
    work.resolve('once');
    const answers = [await first, await second, await call(agent, '/turn', turnRequest({ attempt: 3 }))];
    expect(answers.map(({ body }) => body)).toEqual(Array(3).fill({ action: 'final', response: 'once' }));
    expect(count).toBe(1);
  });

  test('a caller that goes away does not end the turn', async () => {
    const work = deferred<string>();
    const signals: AbortSignal[] = [];
    const agent = await serve({
      onTurn: async (_, signal) => {
        signals.push(signal);
        return final(await work.promise);
      },
    });
    const caller = httpRequest(`${agent.endpoint}/turn`, {
      method: 'POST',
      headers: { authorization: 'Bearer token-of-A' },
    });
    caller.on('error', () => undefined);
    caller.end(JSON.stringify(turnRequest()));
    await gateway.beat(({ load }) => load === 1);
    caller.destroy();
    work.resolve('late');
    expect((await call(agent, '/turn', turnRequest())).body).toEqual({ action: 'final', response: 'late' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test('a handler that throws fails the turn; the same attempt hears that again, a later one is worked on', async () => {
    let count = 0;
    const agent = await serve({
      onTurn: () => {
        count += 1;
        if (count === 1) throw new Error('no credit');
        return final(count);
      },
    });
    const failed = { status: 200, body: { action: 'fail', error: 'no credit', failure: { kind: 'other' } } };
    expect(await call(agent, '/turn', turnRequest())).toEqual(failed);
    expect(await call(agent, '/turn', turnRequest())).toEqual(failed);
    expect((await call(agent, '/turn', turnRequest({ attempt: 2 }))).body).toEqual({ action: 'final', response: 2 });
  });

  test('a withdrawn turn is aborted', async () => {
    const aborted = deferred<unknown>();
    const agent = await serve({
      onTurn: (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.resolve(signal.reason);
            resolve(fail('withdrawn'));
          });
        }),
    });
    const asked = call(agent, '/turn', turnRequest({ turnId: 'a/b c' }));
    await gateway.beat(({ load }) => load === 1);
    expect((await call(agent, `/turn/${encodeURIComponent('a/b c')}`, undefined, { method: 'DELETE' })).status).toBe(
      200,
    );
    expect(await aborted.promise).toMatchObject({ message: 'the turn was withdrawn' });
    await asked;
  });

  test('answers are remembered within bounds', async () => {
    let count = 0;
    const agent = await serve({
      onTurn: () => {
        count += 1;
        return final('x'.repeat(900_000));
      },
    });
    for (let turn = 0; turn < 40; turn += 1) await call(agent, '/turn', turnRequest({ turnId: `t${String(turn)}` }));
    await call(agent, '/turn', turnRequest({ turnId: 't39' }));
    expect(count).toBe(40);
    await call(agent, '/turn', turnRequest({ turnId: 't0' }));
    expect(count).toBe(41);
  });

  test.each([
    ['no token', 'wrong', turnRequest(), 401],
    ['no JSON', 'token-of-A', '{"turnId":', 400],
    ['no turn', 'token-of-A', { hello: 'world' }, 400],
    ['too long', 'token-of-A', 'x'.repeat(1024 * 1024 + 1), 413],
  ])('%s', async (_, token, body, status) => {
    const agent = await serve();
    expect((await call(agent, '/turn', body, { token })).status).toBe(status);
  });

  test('what it cannot do it does not pretend', async () => {
    const agent = await serve();
    expect((await call(agent, '/undo', { turnId: 't', undo: 1 })).status).toBe(404);
    expect((await call(agent, '/credentials', {})).status).toBe(404);
    expect((await call(agent, '/turn', undefined, { method: 'GET' })).status).toBe(405);
    expect((await call(agent, '/nowhere', {})).status).toBe(404);
  });
});

describe('progress', () => {
  test('the latest of many is sent, at most four a second, and none after the turn', async () => {
    const end = deferred<undefined>();
    const agent = await serve({
      onTurn: async (turn) => {
        for (let done = 1; done <= 100; done += 1) turn.progress({ done, total: 100 });
        turn.progress({ text: 'x'.repeat(5_000), tool: 'bash' });
        await end.promise;
        turn.progress({ text: 'too late' });
        return final(1);
      },
    });
    const answer = call(agent, '/turn', turnRequest({ turnId: 'r/0/1' }));
    await until(async () => gateway.progress.length > 1 || undefined, PATIENCE_MS);
    expect(gateway.progress).toEqual([
      { turnId: 'r/0/1', said: { done: 1, total: 100 } },
      { turnId: 'r/0/1', said: { text: 'x'.repeat(1_000), tool: 'bash' } },
    ]);
    end.resolve(undefined);
    expect((await answer).body).toEqual({ action: 'final', response: 1 });
    await agent.stop();
    expect(gateway.progress).toHaveLength(2);
  });

  test('a gateway that takes none harms no turn, and is logged once', async () => {
    const agent = await serve({
      onTurn: (turn) => {
        turn.progress({ text: 'a' });
        return final(1);
      },
    });
    gateway.status = 503;
    for (const turnId of ['t1', 't2']) await call(agent, '/turn', turnRequest({ turnId }));
    await until(async () => gateway.progress.length === 2 || undefined, PATIENCE_MS);
    await agent.stop();
    const logged = jest
      .mocked(console.error)
      .mock.calls.flat()
      .filter((line) => String(line).includes('progress'));
    expect(logged).toEqual([expect.stringMatching(/^drover: cannot report progress: the gateway answers 503/)]);
  });
});

describe('session', () => {
  test('it comes from the environment and with turns, and replies and setSession change it', async () => {
    gateway.answer = { desired: 'run', nextBeatMs: 60_000 };
    const seen: unknown[] = [];
    const agent = await serve({
      environment: { ...environment(), DROVER_SESSION: 'kept' },
      onStart: async ({ session }) => void seen.push(session),
      onTurn: ({ session }) => {
        seen.push(session);
        return { ...final('done'), session: 'of the reply' };
      },
    });
    expect(agent.session).toBe('kept');
    await call(agent, '/turn', turnRequest({ session: 'of the turn' }));
    expect(seen).toEqual(['kept', 'of the turn']);
    expect(agent.session).toBe('of the reply');
    await expect(agent.setSession('x'.repeat(4_097))).rejects.toThrow('invalid session: 4097 bytes, at most 4096');
    await agent.setSession('set');
    await agent.setStatus('degraded');
    expect(gateway.beats.map(({ session }) => session)).toEqual([undefined, undefined, 'set', undefined]);
  });

  test('a session that no beat could tell is in the next one, and stands against that of a turn', async () => {
    gateway.answer = { desired: 'run', nextBeatMs: 60_000 };
    const agent = await serve();
    gateway.status = 500;
    await agent.setSession('untold');
    await call(agent, '/turn', turnRequest());
    expect(agent.session).toBe('untold');
    gateway.status = 200;
    await gateway.beat(({ session }) => session === 'untold');
    await call(agent, '/turn', turnRequest({ turnId: 't2' }));
    expect(agent.session).toBeNull();
  });
});

describe('undo, credentials, drain, stop', () => {
  test('undo and credentials reach their handlers', async () => {
    const seen: unknown[] = [];
    const agent = await serve({
      onUndo: (request) => void seen.push(request),
      onCredentials: (request) => void seen.push(request),
    });
    const credentials = { pool: 'p', subscription: 'sub-b', assignment: 2, secret: 's' };
    expect((await call(agent, '/undo', { turnId: 't1', undo: { file: 'x' } })).status).toBe(200);
    expect((await call(agent, '/credentials', credentials)).status).toBe(200);
    expect((await call(agent, '/credentials', { pool: 'p' })).status).toBe(400);
    expect(seen).toEqual([{ turnId: 't1', undo: { file: 'x' } }, credentials]);
  });

  test('a failure of its own work is reported with the subscription of the last beat, turn or credentials, whichever is newest', async () => {
    gateway.answer = { desired: 'run', nextBeatMs: 100, subscription: { pool: 'p', name: 'sub-a', assignment: 3 } };
    const agent = await serve({ onCredentials: () => undefined });
    const error = Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': '60' } });
    expect(await agent.reportFailure({ error })).toEqual({ changed: true });
    await call(agent, '/credentials', { pool: 'p', subscription: 'sub-b', assignment: 4, secret: 's' });
    await agent.reportFailure({ kind: 'auth', requestId: 'r' });
    await agent.reportFailure({ kind: 'other', subscription: 'sub-z', turnId: 't1' });
    const requestId = expect.any(String) as string;
    expect(gateway.reports).toEqual([
      {
        agent: 'A',
        subscription: 'sub-a',
        assignment: 3,
        kind: 'rate_limit',
        resetAt: expect.any(String) as string,
        requestId,
      },
      { agent: 'A', subscription: 'sub-b', assignment: 4, kind: 'auth', requestId: 'r' },
      { agent: 'A', subscription: 'sub-z', kind: 'other', turnId: 't1', requestId },
    ]);
    gateway.status = 503;
    await expect(agent.reportFailure({ kind: 'auth' })).rejects.toThrow('the gateway answers 503');
  });

  test('without a subscription it has nothing to report', async () => {
    const agent = await serve();
    await expect(agent.reportFailure({ kind: 'auth' })).rejects.toThrow('no subscription');
  });

  test.each([
    [Object.assign(new Error('limit'), { status: 429 }), { kind: 'rate_limit' }],
    [Object.assign(new Error('no'), { statusCode: 401 }), { kind: 'auth' }],
    [Object.assign(new Error('no'), { response: { status: 403 } }), { kind: 'auth' }],
    [Object.assign(new Error('not authenticated'), { code: 1 }), { kind: 'auth' }],
    [Object.assign(new Error('not authenticated'), { signal: 'SIGKILL' }), { kind: 'other' }],
    [Object.assign(new Error('not authenticated'), { exitCode: 137 }), { kind: 'other' }],
    [Object.assign(new Error('rate limiter service is down'), { status: 500 }), { kind: 'other' }],
    [new Error('something else'), { kind: 'other' }],
  ])('a turn that ends with %s says so of its credential', async (error, failure) => {
    const agent = await serve({
      onTurn: () => {
        throw error;
      },
    });
    const { body } = await call(agent, '/turn', turnRequest());
    expect(body).toEqual({ action: 'fail', error: error.message, failure });
  });

  test('drain answers when the turns in flight are done', async () => {
    const work = deferred<string>();
    const draining = deferred<undefined>();
    const onDrain = () => draining.resolve(undefined);
    const agent = await serve({ onTurn: async () => final(await work.promise), onDrain });
    const turn = call(agent, '/turn', turnRequest());
    await gateway.beat(({ load }) => load === 1);
    let drained = false;
    const drain = call(agent, '/drain', {}).then(() => (drained = true));
    await draining.promise;
    expect(drained).toBe(false);
    work.resolve('x');
    await Promise.all([turn, drain]);
  });

  test('stop beats stopping, takes no new turn, and answers those in flight', async () => {
    const work = deferred<string>();
    const agent = await serve({ onTurn: async () => final(await work.promise) });
    const turn = call(agent, '/turn', turnRequest());
    await gateway.beat(({ load }) => load === 1);
    const stopped = agent.stop();
    await gateway.beat(({ status }) => status === 'stopping');
    expect((await call(agent, '/turn', turnRequest({ turnId: 't2' }))).status).toBe(503);
    work.resolve('finished');
    expect((await turn).body).toEqual({ action: 'final', response: 'finished' });
    await stopped;
    await expect(call(agent, '/turn', turnRequest())).rejects.toThrow();
    const last = gateway.beats.at(-1);
    expect(last).toMatchObject({ status: 'stopping' });
  });

  test('a turn that does not end within the grace is aborted', async () => {
    const reasons: unknown[] = [];
    const agent = await serve({
      graceMs: 20,
      onTurn: (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            resolve(fail('stopped'));
          });
        }),
    });
    const turn = call(agent, '/turn', turnRequest());
    await gateway.beat(({ load }) => load === 1);
    await agent.stop();
    expect(reasons).toEqual([new Error('the agent is stopping')]);
    await turn;
  });
});

test('the replies', () => {
  expect(invoke([{ agent: 'A', request: 1 }])).toEqual({ action: 'invoke', invocations: [{ agent: 'A', request: 1 }] });
  expect(ask('which?', { timeout: '1h', default: 'a' })).toEqual({
    action: 'ask',
    question: 'which?',
    timeout: '1h',
    default: 'a',
  });
  expect(fail('no')).toEqual({ action: 'fail', error: 'no' });
});

describe('the log', () => {
  test('has a line for the start, for each turn at both ends, and for the end, and no contents', async () => {
    const lines: string[] = [];
    const agent = await serve({
      log: (line) => lines.push(line),
      onTurn: ({ attempt }) => {
        if (attempt > 1) return final('a secret answer');
        throw new Error('a secret error');
      },
    });
    await call(agent, '/turn', turnRequest({ turnId: 't-1', task: 'a secret task' }));
    await call(agent, '/turn', turnRequest({ turnId: 't-1', attempt: 2 }));
    await agent.stop();
    const seconds = (line: string) => line.replace(/[\d.]+ s$/, 'N s');
    expect(lines.map(seconds)).toEqual([
      `mars/A is ready at ${agent.endpoint}, instance i-1`,
      'mars/A begins turn t-1 of run run-1',
      'mars/A ends turn t-1 of run run-1: error after N s',
      'mars/A begins turn t-1 of run run-1, attempt 2',
      'mars/A ends turn t-1 of run run-1: final after N s',
      'mars/A stops, with 0 turns in flight',
      'mars/A has stopped',
    ]);
    expect(console.log).not.toHaveBeenCalled();
  });

  test('goes to standard output unless told otherwise, and nowhere with false', async () => {
    const agent = await serve();
    expect(console.log).toHaveBeenCalledWith(`mars/A is ready at ${agent.endpoint}, instance i-1`);
    jest.mocked(console.log).mockClear();
    await (await serve({ log: false })).stop();
    expect(console.log).not.toHaveBeenCalled();
  });
});
