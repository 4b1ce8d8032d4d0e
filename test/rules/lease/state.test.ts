/** The rules of a lease: renewals, its end, and what makes it wait. */
import fc from 'fast-check';
import type { RenewLease } from '../../../src/contract/lease';
import { type LeaseState, newLease, renewed, revoked, timePassed } from '../../../src/rules/lease/state';
import { SECOND, T0 } from '../agent/agents';

const fresh = newLease({ v: 1, instance: 'g', shard: 0, epoch: 2 }, T0);
const renewal = (n: number, more: Partial<RenewLease> = {}): RenewLease => ({
  epoch: 2,
  n,
  joined: [],
  left: [],
  size: 0,
  ...more,
});
const held = renewed(fresh, renewal(1, { joined: ['f/a', 'f/b'], size: 2 }), T0);

test('a renewal adds, removes, and counts a full minute from its arrival', () => {
  expect(held).toMatchObject({ n: 1, agents: ['f/a', 'f/b'], renewedAt: T0, dueAt: T0 + 60 * SECOND, ends: null });
  const next = renewed(held, renewal(3, { joined: ['f/c', 'f/b'], left: ['f/a', 'f/z'], size: 2 }), T0 + 7);
  expect(next).toMatchObject({ n: 3, agents: ['f/b', 'f/c'], renewedAt: T0 + 7, dueAt: T0 + 60 * SECOND + 7 });
});

test.each([
  ['an older one', renewal(1, { joined: ['f/x'], size: 3 })],
  ['the same one again', renewal(1, { joined: ['f/a', 'f/b'], size: 2 })],
  ['one of another epoch', renewal(9, { epoch: 1, size: 2 })],
])('%s changes nothing', (_, late) => {
  expect(renewed(held, late, T0 + SECOND)).toBe(held);
});

test('a lease that has other agents than its gateway thinks ends', () => {
  const next = renewed(held, renewal(2, { joined: ['f/c'], size: 4 }), T0);
  expect(next).toMatchObject({ ends: 'it has 3 agents, and its gateway thinks 4', agents: ['f/a', 'f/b', 'f/c'] });
  expect(renewed(next, renewal(3, { size: 3 }), T0)).toBe(next);
});

test('of more than 4,000 agents it ends', () => {
  const joined = Array.from({ length: 4_001 }, (_, index) => `f/a${String(index)}`);
  expect(renewed(fresh, renewal(1, { joined: joined.slice(1), size: 4_000 }), T0).ends).toBeNull();
  expect(renewed(fresh, renewal(1, { joined, size: 4_001 }), T0).ends).not.toBeNull();
});

test('it runs out on time, and a timer more than 5 s late waits for one more renewal', () => {
  const due = held.dueAt;
  expect(timePassed(held, due - 1)).toBe(held);
  expect(timePassed(held, due).ends).toBe('its gateway has not renewed it');
  expect(timePassed(held, due + 5 * SECOND).ends).not.toBeNull();
  const waits = timePassed(held, due + 5 * SECOND + 1);
  expect(waits).toMatchObject({ ends: null, dueAt: due + 25 * SECOND + 1 });
  expect(renewed(waits, renewal(2, { size: 2 }), due + 9 * SECOND)).toMatchObject({ dueAt: due + 69 * SECOND });
  expect(timePassed(waits, waits.dueAt).ends).not.toBeNull();
});

test('a cancelled one ends', () => {
  expect(revoked(held, T0).ends).toBe('it was cancelled');
});

test('property: with messages lost, repeated or out of order, it has the agents of its gateway or it ends', () => {
  const names = ['f/a', 'f/b', 'f/c', 'f/d'];
  const change = fc.record({ agent: fc.constantFrom(...names), wanted: fc.boolean(), isLost: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.infiniteStream(fc.nat(3)), (changes, again) => {
      const wanted = new Set<string>();
      const known = new Map<string, boolean | null>(names.map((name) => [name, false]));
      const sent: RenewLease[] = [];
      let lease: LeaseState = fresh;
      for (const [index, { agent, wanted: isWanted, isLost }] of changes.entries()) {
        if (isWanted) wanted.add(agent);
        else wanted.delete(agent);
        const joined = names.filter((name) => wanted.has(name) && known.get(name) !== true);
        const left = names.filter((name) => !wanted.has(name) && known.get(name) !== false);
        const next = renewal(index + 1, { joined, left, size: wanted.size });
        sent.push(next);
        for (const name of [...joined, ...left]) known.set(name, isLost ? null : wanted.has(name));
        if (!isLost) lease = renewed(lease, next, T0);
        const repeated = sent.at(-1 - (again.next().value ?? 0));
        if (repeated) lease = renewed(lease, repeated, T0);
        expect(lease.ends).toBeNull();
        if (lease.n === next.n) expect([...lease.agents].sort()).toEqual([...wanted].sort());
      }
    }),
  );
});

describe('a lease that ends with agents records it once', () => {
  const late = T0 + 61 * SECOND;
  test.each([
    ['its gateway has not renewed it', timePassed(held, late), late],
    ['it was cancelled', revoked(held, late), late],
    ['it has 3 agents, and its gateway thinks 9', renewed(held, renewal(2, { joined: ['f/c'], size: 9 }), late), late],
  ])('%s', (reason, lost, at) => {
    expect(lost.log.entries).toMatchObject([
      { type: 'lease.lost', at, data: { lease: 'lease/g/0/2', reason, held: lost.agents.length, agents: lost.agents } },
    ]);
    expect(revoked(lost, at + SECOND)).toBe(lost);
  });

  test('with 4,000 agents it names 100, within the room of a log', () => {
    const joined = Array.from({ length: 4_000 }, (_, index) => `${'f'.repeat(63)}/${String(index).padStart(63, 'a')}`);
    const { log } = revoked(renewed(fresh, renewal(1, { joined, size: 4_000 }), T0), T0);
    expect(log.entries[0]?.data).toMatchObject({ held: 4_000, agents: joined.slice(0, 100) });
    expect(JSON.stringify(log).length).toBeLessThan(32 * 1024);
  });

  test('one without agents says nothing', () => {
    expect(revoked(fresh, T0)).toMatchObject({ ends: 'it was cancelled', log: { entries: [] } });
  });
});
