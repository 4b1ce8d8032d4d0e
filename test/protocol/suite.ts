/**
 * The conformance suite of the agent protocol. It knows nothing of languages: a command starts a
 * program that serves an agent with the behaviour that docs/protocol.md describes, and everything
 * else goes over HTTP.
 */
import { until } from '../../src/lib/until';
import { PATIENCE_MS } from '../support/patience';
import { type Mode, Program, TOKEN } from './program';

/** Runs the suite for one program. */
export function conformance(command: string, mode: Mode): void {
  let program: Program;
  const start = async (more: Readonly<Record<string, string>> = {}): Promise<Program> => {
    program = await Program.start(command, mode, more);
    return program;
  };

  describe('one program', () => {
    beforeAll(() => start({ DROVER_SESSION: 'kept' }));
    afterAll(() => program.kill());

    test('its beats have its instance, growing numbers, its token and where it is reached', async () => {
      const { beats } = program.gateway;
      await until(() => beats.length > 2 || undefined, PATIENCE_MS);
      expect(beats[0]).toMatchObject({ instanceId: 'instance-1', seq: 1, authorization: `Bearer ${TOKEN}` });
      const numbers = beats.map(({ seq = 0 }) => seq);
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      expect(new Set(numbers).size).toBe(numbers.length);
      const ready = beats.find(({ status }) => status === 'ready');
      expect(ready?.endpoint).toMatch(mode === 'pull' ? /^pull$/ : /^http:\/\//);
    });

    test('a turn arrives as it was sent, and its value returns unchanged', async () => {
      const value = { text: 'ünï ☃ 𝄞 "\\', list: [1, 2.5, -3, null, true, []], nested: { a: { b: {} } } };
      expect(await program.final({ do: 'final', value })).toEqual(value);
      const memory = [{ input: { kind: 'task', value: 1 }, reply: { action: 'final', response: 1 } }] as const;
      const subscription = { pool: 'p', name: 'a', assignment: 3 };
      const change = { memory, subscription, mayInvoke: ['B', 'User'], attempt: 2, session: 's' };
      expect(await program.final({ do: 'request' }, change)).toMatchObject({
        ...change,
        run: 'run-1',
        branch: '0',
        agent: 'A',
        task: { do: 'request' },
      });
    });

    test.each([
      [{ action: 'invoke', invocations: [{ agent: 'B', request: { n: 1 } }] }],
      [{ action: 'ask', question: 'why?', timeout: '1h', default: null }],
      [{ action: 'fail', error: 'no' }],
      [{ action: 'final', response: 1, undo: { file: 'x' }, metadata: { any: ['json'] } }],
      [{ action: 'final', response: 1, usage: { costUsd: 0.25, inputTokens: 3, outputTokens: 1, model: 'm' } }],
    ])('the reply %j is the answer', async (reply) => {
      expect(await program.turn({ do: 'reply', reply })).toEqual({ status: 200, body: reply });
    });

    test('the same turn joins the one in flight, and gets the same answer later', async () => {
      const turnId = 'run-1/0/same';
      const first = program.turn({ do: 'hold', name: 'same' }, { turnId });
      await program.hasSeen({ holds: 'same' });
      const second = program.turn({ do: 'hold', name: 'same' }, { turnId });
      await program.final({ do: 'free', name: 'same' });
      const answers = await Promise.all([first, second, program.turn({ do: 'hold', name: 'same' }, { turnId })]);
      for (const answer of answers) expect(answer).toEqual({ status: 200, body: { action: 'final', response: 1 } });
      expect(await program.final({ do: 'hold', name: 'same' }, { turnId, attempt: 2 })).toBe(1);
    });

    test('a failed turn is worked on again at a later attempt, and at no other', async () => {
      const turnId = 'run-1/0/failed';
      const ask = async (attempt: number) => (await program.turn({ do: 'fail' }, { turnId, attempt })).body;
      expect(await ask(1)).toMatchObject({ action: 'fail', error: 'failed 1 times' });
      expect(await ask(1)).toMatchObject({ error: 'failed 1 times' });
      expect(await ask(2)).toMatchObject({ error: 'failed 2 times' });
    });

    test('an error of its code fails the turn with the message, and with the kind of failure of a provider', async () => {
      const { status, body } = await program.turn({ do: 'throw', message: 'the disk is full' });
      expect([status, body]).toEqual([200, expect.objectContaining({ action: 'fail' })]);
      expect(JSON.stringify(body)).toContain('the disk is full');
      expect((await program.turn({ do: 'throw', message: 'slow down', status: 429 })).body).toMatchObject({
        action: 'fail',
        failure: { kind: 'rate_limit' },
      });
      expect((await program.turn({ do: 'throw', message: 'who?', status: 401 })).body).toMatchObject({
        failure: { kind: 'auth' },
      });
    });

    test('turns run side by side', async () => {
      const held = program.turn({ do: 'hold', name: 'beside' });
      await program.hasSeen({ holds: 'beside' });
      expect(await program.final({ do: 'final', value: 'beside' })).toBe('beside');
      await program.final({ do: 'free', name: 'beside' });
      expect((await held).status).toBe(200);
    });

    test('a withdrawn turn ends, and others go on', async () => {
      const turnId = 'run-1/0/withdrawn 1';
      const ends = program.turn({ do: 'wait' }, { turnId }).catch(() => null);
      await program.hasSeen({ waits: turnId });
      expect((await program.call('DELETE', `/turn/${encodeURIComponent(turnId)}`)).status).toBe(200);
      await program.hasSeen({ withdrawn: turnId });
      expect((await program.call('DELETE', '/turn/unknown')).status).toBe(200);
      await ends;
    });

    test('undo reaches it, and what it refuses is an error', async () => {
      const request = { turnId: 'run-1/0/1', undo: { ticket: 17 } };
      expect((await program.call('POST', '/undo', request)).status).toBe(200);
      await program.hasSeen({ undo: request });
      expect((await program.call('POST', '/undo', { turnId: 't', undo: 'refuse' })).status).toBe(500);
      expect((await program.call('POST', '/undo', { undo: 1 })).status).toBe(400);
    });

    test('credentials reach it', async () => {
      const request = { pool: 'p', subscription: 'b', assignment: 4, secret: 's' };
      expect((await program.call('POST', '/credentials', request)).status).toBe(200);
      await program.hasSeen({ credentials: request });
      expect((await program.call('POST', '/credentials', { pool: 'p' })).status).toBe(400);
    });

    test('a drain ends when no turn is in flight', async () => {
      const held = program.turn({ do: 'hold', name: 'drain' });
      await program.hasSeen({ holds: 'drain' });
      let isDrained = false;
      const drain = program.call('POST', '/drain', {}).then(({ status }) => {
        isDrained = true;
        return status;
      });
      await program.hasSeen({ drain: true });
      expect(isDrained).toBe(false);
      await program.final({ do: 'free', name: 'drain' });
      expect([(await held).status, await drain]).toEqual([200, 200]);
    });

    test('the session of its start, of each turn and of its own', async () => {
      await program.hasSeen({ session: 'kept' });
      expect(await program.final({ do: 'request' }, { session: 'of the turn' })).toMatchObject({
        session: 'of the turn',
      });
      const reply = { action: 'final', response: 1, session: 'of the reply' };
      expect((await program.turn({ do: 'reply', reply })).body).toEqual(reply);
      await program.final({ do: 'setSession', session: 'set' });
      const said = await program.gateway.beat(({ session }) => session === 'set');
      const later = await program.gateway.beat(({ seq = 0 }) => seq > (said.seq ?? 0));
      expect(later).not.toHaveProperty('session');
    });

    test('progress of a turn goes to the gateway', async () => {
      const turnId = 'run-1/0/progress';
      const progress = { text: 'reads', tool: 'bash', done: 1, total: 2 };
      const held = program.turn({ do: 'progress', progress, name: 'progress' }, { turnId });
      const found = await until(() => program.gateway.progress.find((one) => one.turnId === turnId), PATIENCE_MS);
      expect(found?.said).toEqual(progress);
      await program.final({ do: 'free', name: 'progress' });
      expect((await held).status).toBe(200);
    });

    test('no turn at all is an error, and harms nothing', async () => {
      for (const body of [{}, [], 'turn', 7, null, { turnId: 7, run: 'r', attempt: 1 }])
        expect([body, (await program.call('POST', '/turn', body)).status]).toEqual([body, 400]);
      expect(await program.final({ do: 'final', value: 'still here' })).toBe('still here');
    });

    if (mode === 'push') {
      test('a wrong token or none is refused, and has no effect', async () => {
        const turn = { turnId: 'run-1/0/forged', run: 'r', branch: '0', agent: 'A', task: { do: 'wait' }, attempt: 1 };
        for (const token of [null, '', 'wrong', `${TOKEN}x`, TOKEN.slice(1)]) {
          for (const [method, path] of [
            ['POST', '/turn'],
            ['DELETE', '/turn/x'],
            ['POST', '/undo'],
            ['POST', '/drain'],
            ['POST', '/credentials'],
          ] as const)
            expect((await program.call(method, path, method === 'POST' ? turn : undefined, { token })).status).toBe(
              401,
            );
        }
        expect(await program.seen()).not.toContainEqual({ waits: 'run-1/0/forged' });
      });

      test('bad input has a status of its own, and harms nothing', async () => {
        expect((await program.call('POST', '/turn', undefined, { raw: '{"half' })).status).toBe(400);
        expect((await program.call('POST', '/turn', undefined, { raw: '' })).status).toBe(400);
        expect((await program.call('POST', '/nothing', {})).status).toBe(404);
        expect((await program.call('GET', '/turn')).status).toBe(405);
        const tooLarge = JSON.stringify({ turnId: 'x'.repeat(1024 * 1024) });
        expect((await program.call('POST', '/turn', undefined, { raw: tooLarge })).status).toBe(413);
        expect((await program.call('GET', '/healthz', undefined, { token: null })).status).toBe(200);
        expect(await program.final({ do: 'final', value: 'still here' })).toBe('still here');
      });
    }

    test('a gateway that is away is tried until it is back', async () => {
      const { gateway } = program;
      const { port } = gateway;
      await gateway.close();
      gateway.beats.splice(0);
      await gateway.listen(port);
      await gateway.beat(({ status }) => status === 'ready');
      expect(await program.final({ do: 'final', value: 'back' })).toBe('back');
    });
  });

  test('SIGTERM: a beat "stopping", no new turns, the turns in flight end, exit code 0', async () => {
    await start();
    try {
      const held = program.turn({ do: 'hold', name: 'last' });
      await program.hasSeen({ holds: 'last' });
      const freed = program.turn({ do: 'free', name: 'last', after: 'stopping' });
      await program.hasSeen({ frees: 'last' });
      program.terminate();
      await program.gateway.beat(({ status }) => status === 'stopping');
      expect((await held).status).toBe(200);
      expect((await freed).status).toBe(200);
      expect(await program.ended).toBe(0);
    } finally {
      await program.kill();
    }
  });

  test('an agent that does not end its turns is over after its grace', async () => {
    await start({ CONFORMANCE_GRACE_MS: '200' });
    try {
      const lost = program.turn({ do: 'wait' }, { turnId: 'run-1/0/lost' }).catch(() => null);
      await program.hasSeen({ waits: 'run-1/0/lost' });
      program.terminate();
      expect(await program.ended).toBe(0);
      await lost;
    } finally {
      await program.kill();
    }
  });
}
