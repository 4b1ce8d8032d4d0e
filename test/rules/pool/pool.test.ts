/** A pool of credentials: the choice, exhaustion, memory, and a simulated week. */
import fc from 'fast-check';
import { parsePoolState } from '../../../src/rules/pool/carried';
import { expectCarried } from '../lib/expect-carried';
import {
  configurePool,
  observeFailure,
  requestAllocation,
  resetPool,
  serveWaiting,
} from '../../../src/rules/pool/pool';
import { type PoolState, newPool, nextReset, poolView, skippedUntil } from '../../../src/rules/pool/state';
import { runs } from '../../support/runs';
import { ask, at, failed, HOUR, NOW, poolOf, grantOf } from './pools';

describe('the choice of a credential', () => {
  test('first assignments go to the one with the fewest agents, then by name', () => {
    let state = poolOf('b', 'a', 'c');
    const given: string[] = [];
    for (const agent of ['f/1', 'f/2', 'f/3', 'f/4']) {
      const step = ask(state, agent, null, agent);
      state = step.state;
      const grant = grantOf(step);
      if (grant && 'credential' in grant) given.push(`${grant.credential}#${String(grant.assignment)}`);
    }
    expect(given).toEqual(['a#1', 'b#2', 'c#3', 'a#4']);
  });

  test.each([
    { age: 3 * HOUR, skipped: false },
    { age: 1 * HOUR, skipped: true },
    { age: 25 * HOUR, skipped: false },
    { age: 2 * HOUR, skipped: false },
    { age: 2 * HOUR - 1, skipped: true },
  ])('an event $age ms old: skipped $skipped', ({ age, skipped }) => {
    const state = failed(poolOf('a', 'b'), 'a', NOW - age);
    expect(skippedUntil(state, 'a', NOW) !== null).toBe(skipped);
  });

  test('a reset time later than the window counts', () => {
    const state = failed(poolOf('a', 'b'), 'a', NOW, NOW + 5 * HOUR);
    expect(skippedUntil(state, 'a', NOW)).toBe(NOW + 5 * HOUR);
  });

  test('a failure reported by one agent counts for all', () => {
    const state = failed(poolOf('a', 'b'), 'a', NOW);
    expect(grantOf(ask(state, 'f/other', null, 'r'))).toEqual({
      requestId: 'r',
      credential: 'b',
      assignment: 1,
      secret: 'env:B',
      eventsInWindow: 0,
    });
  });

  test('many that come together count as many, up to the kept number', () => {
    const observed = { credential: 'a', kind: 'auth', at: at(NOW), agent: 'f/x' } as const;
    const many = observeFailure(poolOf('a'), { ...observed, count: 49 }, NOW);
    expect(observeFailure(many, observed, NOW).events).toHaveLength(50);
    expect(observeFailure(many, { ...observed, count: 10_000 }, NOW).events).toHaveLength(500);
  });

  test('a failure of a credential that the pool does not have is ignored', () => {
    const state = poolOf('a', 'b');
    expect(failed(state, 'zzz', NOW)).toBe(state);
  });

  test('the number is above what the agent has seen, even if the pool has lost its memory', () => {
    const request = { requestId: 'r', agent: 'f/1', not: null, above: 41 };
    expect(grantOf(requestAllocation(poolOf('a'), request, NOW))).toMatchObject({ assignment: 42 });
  });

  test('events older than a day are forgotten, unless their reset is still to come', () => {
    let state = failed(poolOf('a', 'b'), 'a', NOW - 25 * HOUR);
    state = failed(state, 'a', NOW - 26 * HOUR, NOW + HOUR);
    state = failed(state, 'b', NOW);
    expect(state.events.map(({ credential }) => credential)).toEqual(['a', 'b']);
  });
});

describe('a pool that is used up', () => {
  const usedUp = failed(failed(poolOf('a', 'b'), 'a', NOW - HOUR), 'b', NOW);

  test('says until when, and serves the waiting at that time', () => {
    const first = ask(usedUp, 'f/1', 'b', 'r1');
    expect(grantOf(first)).toEqual({ requestId: 'r1', exhaustedUntil: at(NOW + HOUR) });
    expect(nextReset(first.state, NOW)).toBe(NOW + HOUR);
    expect(serveWaiting(first.state, NOW + HOUR - 1).grants).toEqual([]);
    expect(grantOf(serveWaiting(first.state, NOW + HOUR))).toMatchObject({
      requestId: 'r1',
      credential: 'a',
      assignment: 1,
      eventsInWindow: 1,
    });
  });

  test('asking again while it waits queues it once', () => {
    const again = ask(ask(usedUp, 'f/1', 'b', 'r1').state, 'f/1', 'b', 'r1');
    expect(again.state.waiting).toHaveLength(1);
  });

  test('an agent may come back to what it left once that is free', () => {
    const only = failed(poolOf('a'), 'a', NOW);
    const waiting = ask(only, 'f/1', 'a', 'r1').state;
    expect(grantOf(serveWaiting(waiting, NOW + 2 * HOUR))).toMatchObject({ credential: 'a' });
  });

  test('a reset of one credential serves the waiting; of another it does not', () => {
    const waiting = ask(usedUp, 'f/1', 'b', 'r1').state;
    expect(grantOf(resetPool(waiting, { credential: 'a' }, NOW))).toMatchObject({ credential: 'a' });
    expect(grantOf(resetPool(waiting, {}, NOW))).toMatchObject({ credential: 'a' });
    const other = {
      ...waiting,
      config: { credentials: [...waiting.config.credentials, { name: 'c', secret: 'env:C' }] },
    };
    expect(resetPool(failed(other, 'c', NOW), { credential: 'c' }, NOW).grants).toMatchObject([
      { grant: { credential: 'c' } },
    ]);
    expect(() => resetPool(waiting, { credential: 'absent' }, NOW)).toThrow(
      'pool claude has no credential absent; it has a, b',
    );
  });

  test('a credential added to the file serves the waiting', () => {
    const waiting = ask(usedUp, 'f/1', 'b', 'r1').state;
    const credentials = ['a', 'b', 'c'].map((name) => ({ name, secret: `env:${name}` }));
    expect(grantOf(configurePool(waiting, { credentials }, NOW))).toMatchObject({ credential: 'c' });
  });

  test('is shown', () => {
    expect(poolView(usedUp, NOW)).toMatchObject({
      exhaustedUntil: at(NOW + HOUR),
      credentials: [
        { name: 'a', failuresInWindow: 1, skippedUntil: at(NOW + HOUR) },
        { name: 'b', failuresInWindow: 1, skippedUntil: at(NOW + 2 * HOUR) },
      ],
    });
  });
});

describe('what is remembered', () => {
  test('a reset that a provider has named outlives any number of later failures', () => {
    const named = failed(poolOf('a'), 'a', NOW, NOW + 10 * HOUR);
    const burst = observeFailure(
      named,
      { credential: 'a', kind: 'rate_limit', at: at(NOW), agent: 'f/x', count: 500 },
      NOW,
    );
    const single = Array.from({ length: 600 }).reduce<PoolState>((state) => failed(state, 'a', NOW), named);
    for (const state of [burst, single]) {
      expect(skippedUntil(state, 'a', NOW)).toBe(NOW + 10 * HOUR);
      expect(poolView(state, NOW).credentials[0]?.failuresInWindow).toBe(500);
    }
  });

  test('a failure counts for as long as the file says, longer than a day too', () => {
    const credentials = ['a', 'b'].map((name) => ({ name, secret: `env:${name}` }));
    const pool = failed(newPool('claude', { credentials, skipFor: '48h' }, null), 'a', NOW);
    const later = failed(pool, 'b', NOW + 25 * HOUR, undefined, NOW + 25 * HOUR);
    expect(skippedUntil(later, 'a', NOW + 25 * HOUR)).toBe(NOW + 48 * HOUR);
  });
});

/** A week of ten agents on three credentials: every failure hits the agents of one credential, each reports it. */
test('a simulated week: never on a skipped credential while another was free, one switch per agent and burst', () => {
  const bursts = fc.array(
    fc.record({
      gap: fc.integer({ min: 1, max: 12 * HOUR }),
      credential: fc.nat(2),
      reports: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(bursts, (week) => {
      const names = ['a', 'b', 'c'] as const;
      const agents = Array.from({ length: 10 }, (_, index) => `f/a${String(index)}`);
      let state = poolOf(...names);
      for (const agent of agents) state = ask(state, agent, null, `first.${agent}`, NOW).state;
      let now = NOW;
      for (const [index, burst] of week.entries()) {
        now += burst.gap;
        state = serveWaiting(state, now).state;
        const credential = names[burst.credential] ?? 'a';
        const hit = agents.filter(
          (agent) => state.assigned[agent]?.credential === credential && !state.waiting.some((w) => w.agent === agent),
        );
        const before = state.lastAssignment;
        for (let report = 0; report < burst.reports; report += 1) {
          for (const agent of hit) {
            state = failed(state, credential, now, undefined, now);
            if (state.assigned[agent]?.credential !== credential) continue; // the stale guard of the agent
            state = ask(state, agent, credential, `${String(index)}.${agent}`, now).state;
          }
        }
        const free = names.filter((name) => skippedUntil(state, name, now) === null);
        const switched = state.lastAssignment - before;
        expect(switched).toBe(hit.length > 0 && free.length > 0 ? hit.length : 0);
        for (const agent of hit) {
          const current = state.assigned[agent]?.credential ?? '';
          if (free.length > 0) expect(free).toContain(current);
          else expect(state.waiting.map((request) => request.agent)).toContain(agent);
        }
        expectCarried(parsePoolState, state);
      }
    }),
    { numRuns: runs(200) },
  );
});

test.each([
  ['f/1', 'f/2', 'f/3'],
  ['f/3', 'f/1', 'f/2'],
])('those that wait are served in the order in which they asked: %s, %s, %s', (...agents) => {
  let state = failed(poolOf('a'), 'a', NOW, NOW + HOUR);
  for (const agent of agents) state = ask(state, agent, null, agent).state;
  const { grants } = serveWaiting(state, NOW + 3 * HOUR);
  expect(grants.map(({ agent }) => agent)).toEqual(agents);
  expect(grants.map(({ grant }) => ('assignment' in grant ? grant.assignment : null))).toEqual([1, 2, 3]);
});
