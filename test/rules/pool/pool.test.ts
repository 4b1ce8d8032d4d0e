import fc from 'fast-check';
import { parsePoolState } from '../../../src/rules/pool/carried';
import { expectCarried } from '../lib/expect-carried';
import type { AllocationGranted } from '../../../src/contract/pool';
import {
  type PoolStep,
  announceExhaustion,
  configurePool,
  forgetAgent,
  leavePool,
  notifiedBy,
  observeFailure,
  rejectAllocation,
  requestAllocation,
  resetPool,
  serveWaiting,
} from '../../../src/rules/pool/pool';
import { type PoolState, endsAt, newPool, nextReset, poolView, skippedUntil } from '../../../src/rules/pool/state';
import { runs } from '../../support/runs';
import { ask, at, failed, HOUR, NOW, poolOf } from './pools';

function grantOf(step: PoolStep): AllocationGranted | undefined {
  return step.grants[0]?.grant;
}

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

describe('assignments', () => {
  test('the same request is answered the same, and assigns once', () => {
    const first = ask(poolOf('a', 'b'), 'f/1', null, 'r1');
    const again = ask(first.state, 'f/1', null, 'r1');
    expect(again.grants).toEqual(first.grants);
    expect(again.state.lastAssignment).toBe(1);
  });

  test('a rejected one gives the previous one back, once', () => {
    const before = ask(poolOf('a', 'b'), 'f/1', null, 'r1').state;
    const after = ask(before, 'f/1', 'a', 'r2').state;
    const restored = rejectAllocation(after, 'r2', NOW);
    expect(restored.assigned['f/1']).toMatchObject({ credential: 'a', assignment: 1 });
    expect(rejectAllocation(restored, 'r2', NOW)).toBe(restored);
  });

  test('what an agent could not apply it gets last, until the skip is over, a reset, or another secret', () => {
    const first = ask(poolOf('a', 'b', 'c'), 'f/1', null, 'r1').state;
    const next = ask(first, 'f/1', 'a', 'r2');
    expect(grantOf(next)).toMatchObject({ credential: 'b' });
    const rejected = rejectAllocation(next.state, 'r2', NOW);
    const chosen = (state: PoolState, agent = 'f/1', now = NOW) => grantOf(ask(state, agent, 'a', 'r3', now));
    expect(chosen(rejected)).toMatchObject({ credential: 'c' });
    expect(chosen(rejected, 'f/2')).toMatchObject({ credential: 'b' });
    expect(chosen(failed(rejected, 'c', NOW))).toMatchObject({ credential: 'b' });
    expect(chosen(rejected, 'f/1', NOW + 2 * HOUR)).toMatchObject({ credential: 'b' });
    expect(chosen(resetPool(rejected, { credential: 'b' }, NOW).state)).toMatchObject({ credential: 'b' });
    expect(chosen(resetPool(rejected, { credential: 'c' }, NOW).state)).toMatchObject({ credential: 'c' });
    const credentials = ['a', 'b', 'c'].map((name) => ({
      name,
      secret: `env:${name === 'b' ? 'MENDED' : name.toUpperCase()}`,
    }));
    expect(chosen(configurePool(rejected, { credentials }, NOW).state)).toMatchObject({ credential: 'b' });
    expect(forgetAgent(rejected, 'f/1').rejected).toEqual({});
  });

  test('a request that is given up while it waits is not answered later', () => {
    const waiting = ask(failed(poolOf('a'), 'a', NOW), 'f/1', 'a', 'r1').state;
    const withdrawn = rejectAllocation(waiting, 'r1', NOW);
    expect([withdrawn.waiting, serveWaiting(withdrawn, NOW + 3 * HOUR).grants]).toEqual([[], []]);
  });

  test('a credential that leaves the file moves its agents', () => {
    const state = ask(ask(poolOf('a', 'b'), 'f/1', null, 'r1').state, 'f/2', null, 'r2').state;
    const moved = configurePool(state, { credentials: [{ name: 'b', secret: 'env:B' }] }, NOW);
    expect(moved.grants).toMatchObject([{ agent: 'f/1', grant: { credential: 'b', assignment: 3 } }]);
  });

  test('a secret that is another now reaches the agents on that credential, which they keep', () => {
    const state = ask(ask(poolOf('a', 'b'), 'f/1', null, 'r1').state, 'f/2', null, 'r2').state;
    const credentials = [
      { name: 'a', secret: 'env:NEW' },
      { name: 'b', secret: 'env:B' },
    ];
    const { grants } = configurePool(state, { credentials }, NOW);
    expect(grants).toMatchObject([{ agent: 'f/1', grant: { credential: 'a', assignment: 3, secret: 'env:NEW' } }]);
  });

  test('an agent that waits is served once, not moved as well', () => {
    const usedUp = failed(ask(poolOf('a'), 'f/1', null, 'r1').state, 'a', NOW);
    const waiting = ask(usedUp, 'f/1', 'a', 'r2').state;
    const none = configurePool(waiting, { credentials: [] }, NOW);
    expect([none.grants, none.state.waiting.map(({ requestId }) => requestId)]).toEqual([[], ['r2']]);
    const served = configurePool(none.state, { credentials: [{ name: 'b', secret: 'env:B' }] }, NOW);
    expect(served.grants).toMatchObject([{ grant: { requestId: 'r2', credential: 'b' } }]);
  });

  test('an agent that ended has no credential, and a new one of its name is answered again', () => {
    const before = ask(poolOf('a', 'b'), 'f/1', null, 'r1').state;
    expect(grantOf(ask(forgetAgent(before, 'f/1'), 'f/1', null, 'r1'))).toMatchObject({ assignment: 2 });
  });

  test('an agent that ended has none', () => {
    const state = ask(poolOf('a'), 'f/1', null, 'r1').state;
    expect(forgetAgent(state, 'f/1').assigned).toEqual({});
  });
});

describe('the fleets of a pool', () => {
  const hook = (url: string) => [{ url }];
  const config = (fleet: string) => ({ credentials: [{ name: 'a', secret: 'env:A' }], fleet, notify: hook(fleet) });
  const both = configurePool(newPool('claude', config('one'), null), config('two'), NOW).state;

  test('each has its webhooks, and one that both name receives it once', () => {
    expect(notifiedBy(both).map(({ url }) => url)).toEqual(['one', 'two']);
    const same = configurePool(both, { ...config('two'), notify: hook('one') }, NOW).state;
    expect(notifiedBy(same)).toHaveLength(1);
    const uninterested = [{ url: 'one', events: ['agent.offline'] }];
    const deaf = configurePool(both, { ...config('two'), notify: uninterested }, NOW).state;
    expect(notifiedBy(deaf)).toEqual([{ url: 'one' }]);
  });

  test('the last one that leaves ends it, once it skips no credential and no agent has one', () => {
    const one = leavePool(both, { fleet: 'one' });
    expect(endsAt(one, NOW)).toBeNull();
    const none = leavePool(one, { fleet: 'two' });
    expect(endsAt(none, NOW)).toBe(NOW);
    expect(endsAt(failed(none, 'a', NOW), NOW)).toBe(NOW + 2 * HOUR);
    expect(endsAt(ask(none, 'f/1', null, 'r1').state, NOW)).toBeNull();
    expect(endsAt(configurePool(none, config('one'), NOW).state, NOW)).toBeNull();
    expect(endsAt(poolOf('a'), NOW)).toBeNull();
  });

  test('people are notified of the exhaustion once, until no agent waits', () => {
    const usedUp = ask(failed(both, 'a', NOW), 'f/1', 'a', 'r1').state;
    const first = announceExhaustion(usedUp);
    expect([announceExhaustion(both).due, first.due, announceExhaustion(first.state).due]).toEqual([
      false,
      true,
      false,
    ]);
    const over = announceExhaustion(resetPool(first.state, {}, NOW).state);
    expect([over.due, over.state.announced]).toEqual([false, false]);
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

describe("one agent's word", () => {
  const report = (state: PoolState, credential: string, agent: string, resetAt: number, reported = true): PoolState =>
    observeFailure(
      state,
      { credential, kind: 'rate_limit', at: at(NOW), agent, resetAt: at(resetAt), ...(reported ? { reported } : {}) },
      NOW,
    );

  test('a reset time is believed for eight days at most', () => {
    const state = report(poolOf('a'), 'a', 'f/x', Date.parse('9999-12-31T00:00:00Z'));
    expect(skippedUntil(state, 'a', NOW)).toBe(NOW + 8 * 24 * HOUR);
  });

  test('does not empty a pool for the others, but for itself', () => {
    const state = report(report(poolOf('a', 'b'), 'a', 'f/x', NOW + 99 * HOUR), 'b', 'f/x', NOW + 99 * HOUR);
    expect(grantOf(ask(state, 'g/other', null, 'r'))).toMatchObject({ credential: 'a' });
    expect(grantOf(ask(state, 'f/x', null, 'r'))).toMatchObject({ exhaustedUntil: expect.any(String) as string });
    // A second agent has seen it too.
    const confirmed = report(report(state, 'a', 'g/other', NOW + HOUR), 'b', 'g/other', NOW + HOUR);
    expect(grantOf(ask(confirmed, 'h/third', null, 'r'))).toMatchObject({
      exhaustedUntil: expect.any(String) as string,
    });
  });

  test('what a turn has shown counts for all', () => {
    const state = report(poolOf('a'), 'a', 'f/x', NOW + HOUR, false);
    expect(grantOf(ask(state, 'g/other', null, 'r'))).toMatchObject({ exhaustedUntil: at(NOW + HOUR) });
  });
});
