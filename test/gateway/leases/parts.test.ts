/** The parts of a gateway's leases: the wheel, the brake, the pace, and one lease. */
import fc from 'fast-check';
import { DroverError } from '../../../src/contract/errors';
import type { LeaseRef, RenewLease } from '../../../src/contract/lease';
import { type Counted, isMassSilence } from '../../../src/gateway/leases/brake';
import { Pace } from '../../../src/gateway/leases/pace';
import { LeaseShard } from '../../../src/gateway/leases/shard';
import { Wheel } from '../../../src/gateway/leases/wheel';

const SECOND = 1_000;

test('property: the wheel returns each item once, when it is due, and within a second', () => {
  const item = fc.record({
    dueAt: fc.integer({ min: 0, max: 100_000 }),
    moved: fc.option(fc.integer({ min: 0, max: 100_000 })),
  });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 30_000 })), (items, steps) => {
      const wheel = new Wheel<(typeof items)[number]>(0);
      for (const one of items) wheel.put(one, one.dueAt);
      for (const one of items) if (one.moved !== null) wheel.put(one, one.moved);
      const taken = new Map<object, number>();
      let now = 0;
      for (const step of [...steps, 200_000]) {
        const last = now;
        now += step;
        for (const one of wheel.take(now)) {
          expect(taken.has(one)).toBe(false);
          taken.set(one, now);
          const dueAt = one.moved ?? one.dueAt;
          expect(dueAt).toBeLessThanOrEqual(now);
          expect(dueAt).toBeGreaterThanOrEqual(last - SECOND);
        }
      }
      expect(taken.size).toBe(items.length);
    }),
  );
});

describe('the brake', () => {
  const agent = (silentForMs: number, more: Partial<Counted> = {}): Counted => ({
    seenAt: -silentForMs,
    staleAfterMs: 60_000,
    shouldBeat: true,
    ...more,
  });
  const agents = (count: number, silentForMs: number, more: Partial<Counted> = {}) =>
    Array.from({ length: count }, () => agent(silentForMs, more));
  const silent = agent(60_000);

  test.each([
    ['more than half of 20', [...agents(11, 55_000), ...agents(9, 3_000)], true],
    ['half of 20', [...agents(10, 55_000), ...agents(10, 3_000)], false],
    ['all of 19', agents(19, 55_000), false],
    [
      'more than half, but over a longer time',
      [...agents(10, 55_000), ...agents(5, 49_000), ...agents(5, 3_000)],
      false,
    ],
    [
      'more than half, most of which are paused',
      [...agents(9, 58_000, { shouldBeat: false }), ...agents(20, 3_000)],
      false,
    ],
    ['all that should beat', [...agents(20, 58_000), ...agents(40, 58_000, { shouldBeat: false })], true],
    ['one of many that beat as often as it should', agents(40, 4_000), false],
  ])('%s', (_, all, brakes) => {
    expect(isMassSilence(silent, all, 0)).toBe(brakes);
  });

  test('agents with a short staleAfter that beat do not count as silent', () => {
    const short = { staleAfterMs: 3_000 };
    expect(isMassSilence(agent(3_000, short), agents(40, 900, short), 0)).toBe(false);
  });
});

test('the pace allows so many a second, and a burst of one second', () => {
  const pace = new Pace(100, 0);
  const takeAll = (now: number) => {
    let taken = 0;
    while (pace.take(now)) taken += 1;
    return taken;
  };
  expect([takeAll(0), takeAll(500), takeAll(500), takeAll(60_000)]).toEqual([100, 50, 0, 100]);
});

describe('a lease', () => {
  function world() {
    const sent: [string, LeaseRef, RenewLease][] = [];
    const state = { fails: null as Error | null, failed: 0, lost: [] as string[], hold: Promise.resolve() };
    const send = (how: string) => async (ref: LeaseRef, renewal: RenewLease) => {
      sent.push([how, ref, renewal]);
      await state.hold;
      if (state.fails) throw state.fails;
    };
    const news = { failed: () => void (state.failed += 1), lost: (lease: string) => void state.lost.push(lease) };
    const shard = new LeaseShard('g', 0, { begin: send('begin'), renew: send('renew') }, news);
    return { shard, state, sent, last: () => sent.at(-1) };
  }
  const ref = { instance: 'g', shard: 0, epoch: 1 };
  const gone = new DroverError('NotFound', 'no such workflow');
  const away = new DroverError('Unavailable', 'no server');

  test('begins with its first agent, gathers joins for a second, and is renewed every 20 s', async () => {
    const { shard, sent, last } = world();
    await shard.tick(0);
    expect(sent).toEqual([]);
    shard.join('f/a');
    await shard.tick(1_000);
    expect(last()).toEqual(['begin', ref, { epoch: 1, n: 1, joined: ['f/a'], left: [], size: 1 }]);
    shard.join('f/b');
    await shard.tick(1_999);
    expect(sent).toHaveLength(1);
    await shard.tick(2_000);
    expect(last()).toEqual(['renew', ref, { epoch: 1, n: 2, joined: ['f/b'], left: [], size: 2 }]);
    await shard.tick(21_999);
    expect(sent).toHaveLength(2);
    await shard.tick(22_000);
    expect(last()?.[2]).toEqual({ epoch: 1, n: 3, joined: [], left: [], size: 2 });
    shard.leave('f/a');
    await shard.tick(23_000);
    expect(last()?.[2]).toEqual({ epoch: 1, n: 4, joined: [], left: ['f/a'], size: 1 });
  });

  test('vouches only once the server has acknowledged, and repeats what it has not', async () => {
    const { shard, state, last } = world();
    state.fails = away;
    shard.join('f/a');
    shard.join('f/b');
    await shard.tick(1_000);
    expect([shard.vouchesFor('f/a'), state.failed]).toEqual([false, 1]);
    shard.leave('f/b');
    state.fails = null;
    await shard.tick(2_000);
    // It may have arrived with the renewal that was not acknowledged.
    expect(last()).toEqual(['begin', ref, { epoch: 1, n: 2, joined: ['f/a'], left: ['f/b'], size: 1 }]);
    expect([shard.vouchesFor('f/a'), shard.vouchesFor('f/b'), shard.size]).toEqual([true, false, 1]);
  });

  test('an agent that leaves and joins again during a renewal joins once more', async () => {
    const { shard, state, last } = world();
    shard.join('f/a');
    await shard.tick(1_000);
    shard.leave('f/a');
    let release: () => void = () => undefined;
    state.hold = new Promise((resolve) => (release = resolve));
    const renewing = shard.tick(2_000);
    shard.join('f/a');
    expect(shard.vouchesFor('f/a')).toBe(false);
    await shard.tick(3_000);
    release();
    await renewing;
    expect([last()?.[2].n, shard.vouchesFor('f/a')]).toEqual([2, false]);
    await shard.tick(4_000);
    expect(last()?.[2]).toEqual({ epoch: 1, n: 3, joined: ['f/a'], left: [], size: 1 });
    expect(shard.vouchesFor('f/a')).toBe(true);
  });

  test('one that has ended is followed by the next epoch, with all its agents', async () => {
    const { shard, state, last } = world();
    for (const agent of ['f/a', 'f/b']) shard.join(agent);
    await shard.tick(1_000);
    state.fails = gone;
    await shard.tick(21_000);
    expect([state.lost, shard.id, shard.vouchesFor('f/a')]).toEqual([['lease/g/0/1'], 'lease/g/0/2', false]);
    state.fails = null;
    await shard.tick(22_000);
    const next = { epoch: 2, n: 3, joined: ['f/a', 'f/b'], left: [], size: 2 };
    expect(last()).toEqual(['begin', { ...ref, epoch: 2 }, next]);
    expect(shard.vouchesFor('f/b')).toBe(true);
  });
});
