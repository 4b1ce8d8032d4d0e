/** Pull mode at a gateway: what a worker calls reaches the poll of the agent, and nothing is lost on the way. */
import { agentToken } from '../../src/contract/agent/token';
import { until } from '../../src/lib/until';
import { PATIENCE_MS } from '../support/patience';
import { SECRET, withLoneGateway } from '../gateway/listening';

const TOKEN = agentToken(SECRET, 'mars', 'A');
const turn = (turnId: string, attempt = 1) => ({ turnId, run: 'r', attempt });

/** A worker and an agent at one gateway. */
function sides(url: string) {
  const call = async (method: string, path: string, body?: unknown, { token = TOKEN, signal }: Options = {}) => {
    const answer = await fetch(`${url}/v1/agents/mars/A/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as unknown };
  };
  return {
    call,
    ask: (body: unknown, kind = 'turn', options: Options = {}) => call('POST', `endpoint/${kind}`, body, options),
    poll: (query = 'wait=30s&instance=i1', options: Options = {}) => call('GET', `turns?${query}`, undefined, options),
    reply: (id: string, body: unknown) => call('POST', `turns/${encodeURIComponent(id)}/reply`, body),
    wanted: async (id: string) => (await call('GET', `turns/${encodeURIComponent(id)}`)).body,
  };
}

interface Options {
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** A turn is handed out as the body says. */
const handed = (turnId: string, attempt = 1) => ({
  status: 200,
  body: { id: turnId, kind: 'turn', body: turn(turnId, attempt) },
});
const final = { action: 'final', response: 1 };

test('a call waits for a poll, a poll for a call; the answer has the status and the JSON of the agent', async () => {
  await withLoneGateway(async (url) => {
    const { ask, poll, reply } = sides(url);
    const first = ask(turn('r/0/1'));
    expect(await poll()).toEqual(handed('r/0/1'));
    const polled = poll();
    const second = ask({ turnId: 't', undo: 1 }, 'undo');
    const { body } = await polled;
    expect(body).toMatchObject({ kind: 'undo', body: { turnId: 't', undo: 1 } });
    expect((await reply((body as { id: string }).id, { status: 500, reply: 'text' })).status).toBe(200);
    expect((await reply('r/0/1', { reply: final })).status).toBe(200);
    expect([await first, await second]).toEqual([
      { status: 200, body: final },
      { status: 500, body: 'text' },
    ]);
    expect((await poll('wait=0s')).status).toBe(204);
  });
});

test('a turn that is asked again joins, and gets an answer that came while no worker was there', async () => {
  await withLoneGateway(async (url) => {
    const { ask, poll, reply, wanted } = sides(url);
    const gone = new AbortController();
    const lost = ask(turn('t'), 'turn', { signal: gone.signal }).catch(() => 'lost');
    expect(await poll()).toEqual(handed('t'));
    const joined = ask(turn('t'));
    gone.abort();
    expect(await lost).toBe('lost');
    expect(await wanted('t')).toEqual({ wanted: true });
    await reply('t', { reply: final });
    expect(await joined).toEqual({ status: 200, body: final });
    expect(await wanted('t')).toEqual({ wanted: false });
    expect(await reply('t', { reply: final })).toMatchObject({ status: 404, body: { code: 'NotFound' } });

    const leaving = new AbortController();
    const left = ask(turn('u'), 'turn', { signal: leaving.signal }).catch(() => 'left');
    expect(await poll()).toEqual(handed('u'));
    leaving.abort();
    expect(await left).toBe('left');
    const failed = { action: 'fail', error: 'no' };
    await until(async () => (await reply('u', { reply: failed })).status === 200 || undefined, PATIENCE_MS);
    const again = ask(turn('u', 2));
    expect(await poll()).toEqual(handed('u', 2));
    await reply('u', { reply: final });
    expect(await again).toEqual({ status: 200, body: final });
  });
});

test('what an instance never got, or an earlier one had, is handed out again', async () => {
  await withLoneGateway(async (url) => {
    const { ask, poll, reply } = sides(url);
    const asked = ask(turn('t'));
    expect(await poll('wait=30s&instance=i1&last=')).toEqual(handed('t'));
    // The answer to the poll was lost: the next one does not name the turn.
    expect(await poll('wait=30s&instance=i1&last=')).toEqual(handed('t'));
    expect((await poll('wait=0s&instance=i1&last=t')).status).toBe(204);
    expect(await poll('wait=30s&instance=i2&last=')).toEqual(handed('t'));
    await reply('t', { reply: final });
    expect((await asked).body).toEqual(final);
  });
});

test('a withdrawn turn is taken back before it is handed out, and told to the agent after that', async () => {
  await withLoneGateway(async (url) => {
    const { call, ask, poll, wanted } = sides(url);
    for (const isHanded of [false, true]) {
      const asked = ask(turn('r/0/1'));
      await until(async () => JSON.stringify(await wanted('r/0/1')).includes('true') || undefined, PATIENCE_MS);
      if (isHanded) await poll();
      expect((await call('DELETE', 'endpoint/turn/r%2F0%2F1')).status).toBe(200);
      expect((await asked).status).toBe(503);
      const next = await poll('wait=0s&instance=i1');
      if (isHanded) expect(next.body).toEqual({ id: 'r/0/1', kind: 'withdraw', body: null });
      else expect(next.status).toBe(204);
    }
  });
});

test('wrong tokens and bad input are refused, and lose nothing; its health is that it polls', async () => {
  await withLoneGateway(async (url, app) => {
    const { call, ask, poll, reply } = sides(url);
    const other = { token: agentToken(SECRET, 'mars', 'B') };
    expect((await call('GET', 'endpoint/healthz')).status).toBe(503);
    expect((await poll('wait=1s', other)).status).toBe(403);
    expect((await ask(turn('t'), 'turn', other)).status).toBe(403);
    expect((await ask(turn('t'), 'nothing')).status).toBe(422);
    expect((await poll('wait=soon')).body).toMatchObject({
      detail: expect.stringMatching(/query parameter wait/) as string,
    });
    const asked = ask(turn('t'));
    await poll();
    expect((await reply('t', { status: 700, reply: 1 })).status).toBe(422);
    expect((await reply('t', { answer: 1 })).status).toBe(422);
    expect(
      (await fetch(`${url}/v1/agents/mars/A/turns`, { method: 'HEAD', headers: { authorization: `Bearer ${TOKEN}` } }))
        .status,
    ).toBe(405);
    await reply('t', { reply: final });
    expect((await asked).body).toEqual(final);
    expect((await call('GET', 'endpoint/healthz')).status).toBe(200);
    const beat = { instanceId: 'i', status: 'ready', endpoint: 'pull' };
    expect((await call('POST', 'heartbeat', beat)).body).toMatchObject({
      detail: expect.stringContaining('DROVER_GATEWAY_SELF_URL') as string,
    });
    // A gateway that stops ends what waits.
    let ended = 0;
    const polls = Array.from({ length: 40 }, () => poll());
    for (const one of polls) one.then(() => (ended += 1)).catch(() => undefined);
    const held = ask(turn('u'));
    // Of 40 polls 32 may wait, and one of these gets the turn.
    expect(await until(() => ended >= 9 || undefined, PATIENCE_MS)).toBe(true);
    await app.close();
    expect((await held).status).toBe(503);
    for (const { status } of await Promise.all(polls)) expect([200, 204]).toContain(status);
  });
});
