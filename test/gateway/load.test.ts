/** Load from one caller, and the end of a gateway: nothing is deaf, nothing is cut off, nothing is locked out. */
import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance } from 'fastify';
import { agentToken } from '../../src/contract/agent/token';
import { BeatLedger } from '../../src/gateway/routes/beats';
import { addBulkBeats } from '../../src/gateway/routes/bulk-beats';
import { finishCalls } from '../../src/gateway/finish';
import { CALLS } from '../../src/contract/schemas/http';
import { createGuard } from '../../src/gateway/access/guard';
import { Sessions } from '../../src/gateway/access/sessions';
import { Tokens } from '../../src/gateway/access/tokens';
import { Slots } from '../../src/lib/slots';
import { view } from './agent-view';
import { listen, OPERATOR, SECRET, withLoneGateway } from './listening';

const TOKEN = { authorization: `Bearer ${OPERATOR}` };

/** A promise that is kept from outside. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('beats of 16,300 agents in one request', () => {
  it('are all answered, in order, a bounded number of them at a time', async () => {
    let [atOnce, most] = [0, 0];
    const counted = async <T>(answer: T): Promise<T> => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return answer;
    };
    const target = { heartbeat: () => counted(undefined), describe: () => counted(view()) };
    const app = Fastify();
    // As its guard does for a gateway.
    app.decorateRequest('caller', null);
    try {
      const ledger = new BeatLedger(target, { received: () => undefined, forwarded: () => undefined });
      await addBulkBeats(
        app,
        () => async () => undefined,
        ledger,
        (error) => error,
      );
      const url = await listen(app);
      const names = Array.from({ length: 16_300 }, (_, index) => `a${String(index)}`);
      const line = (agent: string) => JSON.stringify({ fleet: 'f', agent, instanceId: 'i', status: 'ready' });
      const body = names.map(line).join('\n');
      expect(body.length).toBeLessThan(1_048_576 + 300_000);
      const send = (content: string) =>
        fetch(`${url}/v1/heartbeats`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: content,
        });
      // In two requests side by side, as a bound of each request alone would not be one.
      const halves = [names.slice(0, 8_150), names.slice(8_150)];
      const answers = await Promise.all(halves.map(async (half) => (await send(half.map(line).join('\n'))).text()));
      const read = answers.flatMap((answer) => answer.trim().split('\n')).map((one) => JSON.parse(one) as object);
      expect(read.map((one) => 'agent' in one && one.agent)).toEqual(names);
      expect(read.every((one) => 'desired' in one)).toBe(true);
      expect(most).toBeLessThanOrEqual(64);
      expect(most).toBeGreaterThan(16);
    } finally {
      await app.close();
    }
  });
});

describe('slots', () => {
  it('give way in order, and are free again after a failure', async () => {
    const slots = new Slots(1);
    const done: number[] = [];
    const first = gate();
    const all = Promise.allSettled([
      slots.run(async () => {
        await first.opened;
        done.push(1);
        throw new Error('no');
      }),
      slots.run(() => done.push(2)),
      slots.run(() => done.push(3)),
    ]);
    first.open();
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(done).toEqual([1, 2, 3]);
  });
});

describe('the token of one agent', () => {
  it('is good for so many calls a minute, of any kind, and others are not concerned', async () => {
    await withLoneGateway(
      async (url) => {
        // A body that is refused costs no call of Temporal.
        const beat = (agent: string, token: string) =>
          fetch(`${url}/v1/agents/f/${agent}/heartbeat`, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
            body: '{}',
          });
        const own = (agent: string) => beat(agent, agentToken(SECRET, 'f', agent));
        for (let call = 0; call < 3; call += 1) expect((await own('a')).status).toBe(422);
        const refused = await own('a');
        expect(refused.status).toBe(429);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(await refused.json()).toMatchObject({ code: 'RateLimited' });
        expect((await own('b')).status).toBe(422);
        for (let call = 0; call < 5; call += 1) expect((await beat('a', OPERATOR)).status).toBe(422);
      },
      { agentCallsPerMinute: 3 },
    );
  });
});

describe('wrong tokens', () => {
  it('are made to wait once there are many, and a right one of the same address never does', async () => {
    const app = Fastify();
    const waits: number[] = [];
    const held = gate();
    try {
      await app.register(rateLimit, { global: false });
      const tokens = new Tokens([OPERATOR], SECRET);
      const guard = createGuard(
        app,
        { tokens, sessions: new Sessions(tokens, SECRET) },
        {
          agentCallsPerMinute: 1,
          delay: (ms) => {
            waits.push(ms);
            return held.opened;
          },
        },
      );
      app.get('/', { onRequest: guard(CALLS.listAgents) }, () => 'in');
      const url = await listen(app);
      const ask = (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } });
      for (let guess = 0; guess < 120; guess += 1) await (await ask(`guess-${String(guess)}`)).text();
      expect(waits).toEqual([]);
      const slowed = ask('one-more');
      const right = await ask(OPERATOR);
      expect([right.status, await right.text()]).toEqual([200, 'in']);
      held.open();
      await (await slowed).text();
      expect(waits).toHaveLength(1);
      expect(waits[0]).toBeGreaterThan(0);
    } finally {
      held.open();
      await app.close();
    }
  });
});

describe('a gateway that stops', () => {
  /** Asks on a connection that is kept. */
  const ask = (url: string, agent: Agent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get(url, { agent }, resolve).on('error', reject);
    });

  interface Gates {
    readonly slow: ReturnType<typeof gate>;
    readonly begun: Promise<void>;
    readonly closing: Promise<void>;
  }

  async function withSlowCall(
    withinMs: number | undefined,
    test: (app: FastifyInstance, url: string, gates: Gates) => Promise<void>,
  ): Promise<void> {
    const app = Fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
    const [slow, begun, closing] = [gate(), gate(), gate()];
    finishCalls(app, withinMs);
    app.addHook('preClose', (done) => {
      closing.open();
      done();
    });
    app.get('/quick', () => 'quick');
    app.get('/slow', async () => {
      begun.open();
      await slow.opened;
      return 'slow';
    });
    await test(app, await listen(app), { slow, begun: begun.opened, closing: closing.opened });
  }

  it('answers what it has begun, and closes the connections of those that only keep them', async () => {
    await withSlowCall(undefined, async (app, url, { slow, begun, closing }) => {
      const agent = new Agent({ keepAlive: true });
      await text(await ask(`${url}/quick`, agent));
      const answer = ask(`${url}/slow`, new Agent({ keepAlive: true }));
      await begun;
      const closed = app.close();
      await closing;
      slow.open();
      const { statusCode, headers } = await answer;
      expect([statusCode, headers.connection]).toEqual([200, 'close']);
      expect(await text(await answer)).toBe('slow');
      await closed;
      await expect(ask(`${url}/quick`, agent)).rejects.toThrow(/ECONNREFUSED|socket hang up/);
    });
  });

  it('waits for them no longer than its deadline', async () => {
    await withSlowCall(20, async (app, url, { slow, begun }) => {
      const answer = ask(`${url}/slow`, new Agent({ keepAlive: true }));
      const cut = expect(answer).rejects.toThrow('socket hang up');
      await begun;
      await app.close();
      await cut;
      slow.open();
    });
  });

  it('does so as a whole', async () => {
    await withLoneGateway(async (url, app) => {
      const begun = gate();
      app.server.once('request', begun.open);
      // Waits for a Temporal that is not there.
      const answer = fetch(`${url}/readyz`, { headers: TOKEN });
      await begun.opened;
      await app.close();
      expect([503, 504]).toContain((await answer).status);
    });
  });
});
