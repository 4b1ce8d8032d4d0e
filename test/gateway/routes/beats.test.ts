import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import type { Heartbeat } from '../../../src/contract/agent';
import { DroverError } from '../../../src/contract/errors';
import { BeatLedger, type BeatTarget } from '../../../src/gateway/routes/beats';
import { STALE_MS, view } from '../agent-view';

const ref = { fleet: 'f', agent: 'a' };
/** A ledger over an agent that records what it receives. */
function world() {
  const state = { now: 1_000_000, view: view(), told: [] as Heartbeat[], reads: 0, known: true, broken: false };
  const target: BeatTarget = {
    heartbeat: async (_ref, beat) => {
      if (!state.known) throw new DroverError('AgentNotFound', 'no such agent');
      if (state.broken) throw new DroverError('Unavailable', 'no server');
      state.told.push(beat);
    },
    describe: async () => {
      state.reads += 1;
      if (state.broken) throw new DroverError('Unavailable', 'no worker');
      return state.view;
    },
  };
  const counters = { received: () => undefined, forwarded: () => undefined };
  const ledger = new BeatLedger(target, counters, () => state.now);
  const beat = async (more: Partial<Heartbeat> = {}, afterMs = 0) => {
    state.now += afterMs;
    return ledger.beat(ref, { instanceId: 'i1', status: 'ready', ...more });
  };
  return { state, target, ledger, beat };
}

it('knows when an agent last beat, and nothing of one that has not', async () => {
  const { ledger, beat, state } = world();
  expect(ledger.lastBeatAt(ref)).toBeNull();
  await beat();
  await beat({}, 2_000);
  const at = Date.parse(ledger.lastBeatAt(ref) ?? '');
  state.now += 3_000;
  const later = Date.parse(ledger.lastBeatAt(ref) ?? '');
  expect(at - later).toBeGreaterThan(1_000);
  await beat();
  expect(Date.parse(ledger.lastBeatAt(ref) ?? '')).toBeGreaterThanOrEqual(at);
});

describe('which beats are forwarded', () => {
  it('the first one, then one renewal per third of staleAfter', async () => {
    const { state, beat } = world();
    for (let second = 0; second < 60; second += 2) await beat({}, second === 0 ? 0 : 2_000);
    expect(state.told).toHaveLength(3);
  });

  it.each([
    ['status', { status: 'degraded' }],
    ['instance', { instanceId: 'i2' }],
    ['endpoint', { endpoint: 'http://127.0.0.1:1' }],
  ] as const)('a change of %s', async (_what, change) => {
    const { state, beat } = world();
    await beat();
    await beat({}, 1_000);
    expect(state.told).toHaveLength(1);
    await beat(change, 1_000);
    expect(state.told).toHaveLength(2);
    await beat(change, 1_000);
    expect(state.told).toHaveLength(2);
  });

  it('a session, once each time that it is said, and never again with a renewal', async () => {
    const { state, beat } = world();
    await beat({ session: 'a' });
    await beat({ session: 'a' }, 1_000);
    await beat({ session: 'a' }, 30_000);
    expect(state.told.map(({ session }) => session)).toEqual(['a', undefined]);
    await beat({ session: 'b' }, 1_000);
    await beat({}, 1_000);
    // It names the same again after a reply has named another one.
    await beat({ session: 'b' }, 1_000);
    await beat({ session: null }, 1_000);
    expect(state.told.slice(2).map(({ session }) => session)).toEqual(['b', 'b', null]);
    state.broken = true;
    await expect(beat({ session: 'c' }, 1_000)).rejects.toThrow('no server');
    state.broken = false;
    await beat({ session: 'c' }, 1_000);
    expect(state.told.at(-1)?.session).toBe('c');
  });

  it('those of an agent that its workflow calls offline', async () => {
    const { state, beat } = world();
    state.view = view({ liveness: 'offline' });
    await beat();
    state.view = view();
    await beat({}, 1_000);
    await beat({}, 1_000);
    expect(state.told).toHaveLength(2);
  });

  it('none that was overtaken on its way', async () => {
    const { state, beat } = world();
    await beat({ seq: 5 });
    await beat({ seq: 4, status: 'starting' }, 100);
    expect(state.told).toHaveLength(1);
    await beat({ seq: 1, status: 'starting' }, 100);
    expect(state.told).toHaveLength(2);
  });

  it('the next one after a failure', async () => {
    const { state, beat } = world();
    await beat();
    state.broken = true;
    await expect(beat({ status: 'degraded' }, 1_000)).rejects.toThrow('no server');
    state.broken = false;
    await beat({ status: 'degraded' }, 1_000);
    expect(state.told.map(({ status }) => status)).toEqual(['ready', 'degraded']);
  });

  it.each([
    ['back', -3_600_000],
    ['on', 3_600_000],
  ])('as often as before after a clock that steps an hour %s', async (_way, stepMs) => {
    const { state, beat } = world();
    await beat();
    state.now += stepMs;
    state.told = [];
    for (let second = 0; second < STALE_MS / 1_000; second += 1) await beat({}, 1_000);
    expect(state.told).toHaveLength(3);
  });

  it.each([
    ['back', -3_600_000],
    ['on', 3_600_000],
  ])('none more when the time of day steps an hour %s, as no code reads it', async (_way, byMs) => {
    const { target, state } = world();
    const ledger = new BeatLedger(target, { received: () => undefined, forwarded: () => undefined });
    const beat = async () => ledger.beat(ref, { instanceId: 'i1', status: 'ready' });
    await beat();
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + byMs);
    for (let count = 0; count < 5; count += 1) await beat();
    clock.mockRestore();
    expect(state.told).toHaveLength(1);
  });

  it('a burst of first beats is one', async () => {
    const { state, ledger } = world();
    await Promise.all(Array.from({ length: 20 }, async () => ledger.beat(ref, { instanceId: 'i1', status: 'ready' })));
    expect(state.told).toHaveLength(1);
    expect(state.reads).toBe(1);
  });

  it('the workflow has heard within a third of staleAfter, and of every change', async () => {
    const beats = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 30_000 }),
        status: fc.constantFrom('ready', 'degraded', 'starting'),
      }),
      { minLength: 1, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(beats, async (sequence) => {
        const { state, beat } = world();
        let heardAt = -Infinity;
        for (const { afterMs, status } of sequence) {
          const told = state.told.length;
          await beat({ status }, afterMs);
          if (state.told.length > told) heardAt = state.now;
          expect(state.told.at(-1)?.status).toBe(status);
          expect(state.now - heardAt).toBeLessThan(STALE_MS / 3);
        }
        const changes = sequence.filter(({ status }, index) => sequence[index - 1]?.status !== status).length;
        const lastedMs = sequence.slice(1).reduce((sum, { afterMs }) => sum + afterMs, 0);
        expect(state.told.length).toBeLessThanOrEqual(changes + Math.floor(lastedMs / (STALE_MS / 3)));
      }),
    );
  });
});

describe('what is answered', () => {
  it.each([
    ['run', view()],
    ['run', view({ status: 'pending' })],
    ['pause', view({ status: 'paused' })],
    ['pause', view({ status: 'running', holds: [{ name: 'fleet', reason: null, since: '' }] })],
    ['stop', view({ status: 'stopped' })],
    ['stop', view({ status: 'failed' })],
    ['stop', view({ status: 'terminated' })],
  ] as const)('%s', async (desired, answered) => {
    const { state, beat } = world();
    state.view = answered;
    expect(await beat()).toEqual({ desired, nextBeatMs: 5_000 });
  });

  it('the subscription, if it has one', async () => {
    const { state, beat } = world();
    const subscription = { pool: 'p', name: 's', assignment: 7 };
    state.view = view({ subscription });
    expect(await beat()).toEqual({ desired: 'run', nextBeatMs: 5_000, subscription });
  });

  it('is at most a third of staleAfter old', async () => {
    const { state, beat } = world();
    await beat();
    state.view = view({ status: 'paused' });
    expect(await beat({}, 19_000)).toMatchObject({ desired: 'run' });
    expect(await beat({}, 1_000)).toMatchObject({ desired: 'pause' });
  });

  it('is newer after a command that went through this gateway', async () => {
    const { ledger, beat } = world();
    await beat();
    ledger.learn(view({ status: 'stopped' }));
    expect(await beat({}, 1_000)).toMatchObject({ desired: 'stop' });
  });

  it('stays what it was while no worker answers', async () => {
    const { state, ledger, beat } = world();
    await beat();
    ledger.learn(view({ status: 'paused' }));
    state.broken = true;
    state.now += 10_000;
    expect(await beat()).toMatchObject({ desired: 'pause' });
  });

  it('an unknown agent is refused and leaves nothing behind', async () => {
    const { state, ledger, beat } = world();
    state.known = false;
    await expect(beat()).rejects.toMatchObject({ code: 'AgentNotFound' });
    expect(ledger.size).toBe(0);
  });
});

it('keeps 100,000 agents in less than 200 MB', async () => {
  // In a process of its own, as a worker of jest has a heap full of other things.
  const register = join(__dirname, '../../support/register-ts.cjs');
  const script = ['--expose-gc', '-r', register, join(__dirname, 'many-beats.ts'), '100000'];
  const { stdout } = await promisify(execFile)(process.execPath, script);
  const grown = Number(stdout);
  expect(grown).toBeGreaterThan(0);
  expect(grown).toBeLessThan(200e6);
});
