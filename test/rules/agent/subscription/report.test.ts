import fc from 'fast-check';
import { parseAgentState } from '../../../../src/rules/agent/input/carried';
import { parsePoolState } from '../../../../src/rules/pool/carried';
import { expectCarried } from '../../lib/expect-carried';
import { markAnnounced, dueAnnouncement } from '../../../../src/rules/events/announce';
import { poolToLeave, takeGrant } from '../../../../src/rules/agent/subscription/report';
import { lacksSubscription, subscriptionDue } from '../../../../src/rules/agent/subscription/switch';
import { decide } from '../../../../src/rules/agent/commands/commands';
import { skippedUntil } from '../../../../src/rules/pool/state';
import { nextEffect } from '../../../../src/rules/agent/reconcile/next-effect';
import { blocksTurns } from '../../../../src/rules/agent/subscription/state';
import { tick } from '../../../../src/rules/agent/timers';
import { why } from '../../../../src/rules/agent/why';
import { T0, agentIn, fresh } from '../agents';
import { PoolSim } from './subscription-sim';
import { runs } from '../../../support/runs';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function simOf(...names: string[]): PoolSim {
  const sim = new PoolSim(...names);
  sim.add('x');
  return sim;
}

const records = ({ switches }: PoolSim) => switches.map(({ from, to, result }) => `${String(from)} > ${to}: ${result}`);

describe('before the first credential', () => {
  const waiting = tick(fresh({ subscription: { pool: 'claude' } }), T0);

  test('nothing is woken, and the pool is asked at once', () => {
    expect([lacksSubscription(waiting), nextEffect(waiting, T0)]).toEqual([true, null]);
    expect(waiting.switches.switching).toMatchObject({ kind: 'first', step: 'asking', askAt: T0 });
    expect(why(waiting)).toBe('Waiting for a subscription of pool claude: apply a fleet file that describes it');
  });

  test('an agent without a pool sends no request', () => {
    const without = tick(fresh(), T0);
    expect([without.switches.switching, nextEffect(without, T0), lacksSubscription(without)]).toEqual([
      null,
      'wake',
      false,
    ]);
  });
});

describe('which report begins a switch', () => {
  test.each([
    { report: {}, begins: true },
    { report: { kind: 'auth' as const }, begins: true },
    { report: { kind: 'other' as const }, begins: false },
    { report: { subscription: 'a' }, begins: true },
    { report: { subscription: 'b' }, begins: false },
    { report: { subscription: 'a', assignment: 7 }, begins: false },
    { report: { subscription: 'b', assignment: 1 }, begins: false },
  ])('$report: $begins', ({ report, begins }) => {
    expect(simOf('a', 'b').report('x', report)).toBe(begins);
  });

  test('switched off, it is recorded in the pool and begins nothing', () => {
    const sim = new PoolSim('a', 'b');
    sim.add('x', { autoSwitch: false });
    expect(sim.report('x')).toBe(false);
    expect(sim.pool.events).toHaveLength(1);
  });

  test('of many at once the first one begins it, all are recorded, and the agent takes no turn until it ends', () => {
    const sim = simOf('a', 'b', 'c');
    expect(Array.from({ length: 5 }, () => sim.report('x'))).toEqual([true, false, false, false, false]);
    expect(blocksTurns(sim.of('x').switches)).toBe(true);
    sim.deliver();
    expect([sim.on('x'), sim.pool.events.length, blocksTurns(sim.of('x').switches)]).toEqual(['b#2', 5, false]);
    expect(records(sim)).toEqual(['a > b: hot_reloaded']);
  });

  test('about an earlier assignment, even of the same credential, it begins no switch', () => {
    const sim = simOf('a', 'b');
    for (let turn = 0; turn < 2; turn += 1) {
      sim.report('x');
      sim.deliver();
      sim.reset();
    }
    expect(sim.on('x')).toBe('a#3');
    expect(sim.report('x', { subscription: 'a', assignment: 1 })).toBe(false);
  });

  test('about the new one, while it is being applied, it begins the next switch afterwards', () => {
    const sim = simOf('a', 'b', 'c');
    sim.report('x');
    sim.change('x', (state) => ({ ...state, effect: 'inspect' }));
    sim.deliver();
    sim.change('x', (state) => ({ ...state, effect: 'reload' }));
    expect(sim.report('x', { subscription: 'b', assignment: 2 })).toBe(false);
    sim.change('x', (state) => ({ ...state, effect: null }));
    sim.deliver();
    expect([sim.on('x'), records(sim)]).toEqual(['c#3', ['a > b: hot_reloaded', 'b > c: hot_reloaded']]);
  });
});

describe('how it is applied', () => {
  test('one that cannot be applied leaves it on its previous one, and the next switch tries another', () => {
    const sim = simOf('a', 'b', 'c');
    sim.takes = 'cannot';
    sim.report('x');
    sim.deliver();
    expect([sim.on('x'), records(sim)]).toEqual(['a#1', ['a > b: failed']]);
    sim.takes = 'hot';
    sim.wait(MINUTE);
    sim.report('x');
    sim.deliver();
    expect([sim.on('x'), records(sim)]).toEqual(['c#3', ['a > b: failed', 'a > c: hot_reloaded']]);
  });

  test('one that is no longer awaited is not granted: the hold was released by hand', () => {
    const sim = simOf('a');
    sim.report('x');
    sim.deliver();
    expect(sim.of('x').holds).toMatchObject([{ name: 'subscription' }]);
    const release = { command: 'release', options: { hold: 'subscription' } } as const;
    sim.change('x', (state, now) => decide(state, release, now).state);
    expect([sim.pool.waiting, sim.of('x').switches.switching]).toEqual([[], null]);
    sim.wait(3 * HOUR);
    expect([sim.on('x'), records(sim)]).toEqual(['a#1', []]);
  });

  test('an answer that crosses the release by hand is not taken', () => {
    const sim = simOf('a');
    sim.report('x');
    sim.deliver();
    const { requestId = '' } = sim.of('x').switches.switching ?? {};
    const release = { command: 'release', options: { hold: 'subscription' } } as const;
    sim.change('x', (state, now) => decide(state, release, now).state);
    const late = { requestId, credential: 'b', assignment: 2, secret: 'env:B', eventsInWindow: 1 };
    sim.change('x', (state, now) => takeGrant(state, late, now));
    sim.deliver();
    expect(sim.on('x')).toBe('a#1');
  });

  test('not while a turn is in flight, until the drain runs out', () => {
    const sim = new PoolSim('a', 'b');
    sim.add('x', { drainTimeout: '5m' });
    const turn = { turnId: 't' } as never;
    sim.change('x', (state) => ({ ...state, turns: { ...state.turns, inFlight: [turn] } }));
    sim.report('x');
    sim.deliver();
    expect([sim.on('x'), subscriptionDue(sim.of('x'))]).toEqual(['a#1', T0 + 5 * MINUTE]);
    sim.now += 5 * MINUTE - 1;
    sim.deliver();
    expect(sim.on('x')).toBe('a#1');
    sim.now += 1;
    sim.deliver();
    expect(sim.on('x')).toBe('b#2');
  });

  test('not while it is paused: when it goes on', () => {
    const sim = simOf('a', 'b');
    sim.change('x', (state, now) => decide(state, { command: 'pause', options: {} }, now).state);
    sim.report('x');
    sim.deliver();
    expect([sim.on('x'), nextEffect(sim.of('x'), sim.now)]).toEqual(['a#1', 'suspend']);
    sim.change('x', (state) => ({ ...state, runtime: 'paused' }));
    sim.change('x', (state, now) => decide(state, { command: 'resume', options: {} }, now).state);
    sim.change('x', (state) => ({ ...state, runtime: 'running' }));
    sim.deliver();
    expect(sim.on('x')).toBe('b#2');
  });

  test('to an agent that does not run it is only assigned', () => {
    const sim = simOf('a', 'b');
    sim.change('x', (state) => ({ ...state, status: 'stopped', runtime: 'stopped' }));
    sim.report('x');
    sim.deliver();
    expect([sim.on('x'), records(sim)]).toEqual(['b#2', ['a > b: not_running']]);
  });

  test('by a restart if the agent refuses it; the wake has the new one', () => {
    const sim = simOf('a', 'b');
    sim.takes = 'refuses';
    sim.report('x');
    sim.deliver();
    expect([sim.on('x'), sim.of('x').restarting, nextEffect(sim.of('x'), sim.now)]).toEqual(['b#2', 'stop', 'stop']);
    sim.change('x', (state) => ({ ...state, restarting: null }));
    expect(records(sim)).toEqual(['a > b: restarted']);
  });

  test('a restart that fails brings the previous one back, and wakes the agent with it', () => {
    const sim = simOf('a', 'b');
    sim.takes = 'refuses';
    sim.report('x');
    sim.deliver();
    sim.change('x', (state) => ({ ...state, restarting: null, status: 'failed', runtime: 'crashed', reason: 'no' }));
    expect(sim.of('x')).toMatchObject({ status: 'running', runtime: 'crashed', restartAt: sim.now });
    expect([sim.on('x'), nextEffect(sim.of('x'), sim.now), sim.pool.assigned['mars/x']?.assignment]).toEqual([
      'a#1',
      'wake',
      1,
    ]);
  });

  test('after one that failed no other is tried for a minute', () => {
    const sim = simOf('a', 'b');
    sim.takes = 'cannot';
    sim.report('x');
    sim.deliver();
    expect([sim.on('x'), records(sim), sim.report('x')]).toEqual(['a#1', ['a > b: failed'], false]);
    sim.wait(MINUTE);
    expect(sim.report('x')).toBe(true);
  });
});

describe('a pool that is used up', () => {
  test('holds the agent; events of 1 h count, of 3 h and 25 h do not; it comes back by itself', () => {
    const sim = simOf('a', 'b');
    sim.report('x', { kind: 'auth' });
    sim.deliver();
    sim.wait(HOUR);
    sim.report('x', { kind: 'auth' });
    sim.deliver();
    expect(sim.of('x').holds).toMatchObject([
      { name: 'subscription', reason: 'pool claude is exhausted until 2026-03-01 14:00 UTC' },
    ]);
    sim.wait(HOUR - 1);
    expect(sim.on('x')).toBe('b#2');
    sim.wait(1);
    sim.change('x', (state) => ({ ...state, runtime: 'running' }));
    sim.deliver();
    expect([sim.on('x'), sim.of('x').holds, records(sim)]).toEqual([
      'a#3',
      [],
      ['a > b: hot_reloaded', 'b > a: hot_reloaded'],
    ]);
  });

  test('the same credential again does not count as a switch', () => {
    const sim = simOf('a');
    sim.report('x');
    sim.deliver();
    sim.wait(2 * HOUR);
    sim.change('x', (state) => ({ ...state, runtime: 'running' }));
    sim.deliver();
    expect([sim.on('x'), records(sim), sim.of('x').status]).toEqual(['a#2', [], 'running']);
  });
});

test('an agent that leaves its pool says so: it ended, or its file names another', () => {
  const sim = simOf('a');
  expect(poolToLeave(sim.of('x'))).toBeNull();
  expect(poolToLeave({ ...sim.of('x'), destroyed: true })).toBe('claude');
  const { config } = sim.of('x');
  const elsewhere = { ...config, spec: { ...config.spec, subscription: { pool: 'other' } } };
  expect(poolToLeave({ ...sim.of('x'), config: elsewhere })).toBe('claude');
});

test.each([
  { axes: ['running', 'running', 'ready'] as const, type: 'agent.ready' },
  { axes: ['running', 'running', 'starting'] as const, type: undefined },
  { axes: ['running', 'running', 'offline'] as const, type: 'agent.offline' },
  { axes: ['running', 'crashed', 'offline'] as const, type: 'agent.offline' },
  { axes: ['failed', 'crashed', 'offline'] as const, type: 'agent.failed' },
  { axes: ['stopped', 'stopped', 'offline'] as const, type: undefined },
  { axes: ['paused', 'paused', 'ready'] as const, type: undefined },
])('$axes raises $type, once', ({ axes: [status, runtime, liveness], type }) => {
  const state = agentIn(status, runtime, liveness);
  expect(dueAnnouncement(state)?.type).toBe(type);
  expect(dueAnnouncement(markAnnounced(state))).toBeNull();
});

const NAMES = ['a', 'b', 'c'] as const;
const AGENTS = Array.from({ length: 10 }, (_, index) => `w${String(index)}`);

/** In one burst some agents fail, each reports several times, now and then about an assignment of long ago, delivered one by one or at once. */
const burst = fc.record({
  gap: fc.integer({ min: 1, max: 10 * HOUR }),
  hit: fc.uniqueArray(fc.constantFrom(...AGENTS), { minLength: 1, maxLength: 10 }),
  reports: fc.integer({ min: 1, max: 4 }),
  stale: fc.boolean(),
  atOnce: fc.boolean(),
});

test('a week of ten agents on three credentials: never put on one that is left alone, as many switches as bursts', () => {
  fc.assert(
    fc.property(fc.array(burst, { maxLength: 50 }), (week) => {
      const sim = new PoolSim(...NAMES);
      for (const name of AGENTS) sim.add(name);
      const free = () => NAMES.filter((name) => skippedUntil(sim.pool, name, sim.now) === null);
      for (const { gap, hit, reports, stale, atOnce } of week) {
        sim.wait(gap);
        for (const name of AGENTS) resume(sim, name);
        for (const name of hit) {
          const before = sim.switches.length;
          const [from, held] = [sim.on(name), sim.of(name).holds.length > 0];
          const begun = Array.from({ length: reports }, () => sim.report(name)).filter(Boolean).length;
          if (stale) sim.report(name, { subscription: 'a', assignment: 1 });
          expect(begun).toBe(held ? 0 : 1);
          const present = sim.of(name).subscription?.name;
          const choice = free().filter((one) => one !== present);
          if (!atOnce) sim.deliver();
          if (atOnce || held) continue;
          const moved = sim.switches.slice(before);
          expect(moved.map(({ agent }) => agent)).toEqual(choice.length > 0 ? [`mars/${name}`] : []);
          if (choice.length > 0) expect(choice).toContain(sim.of(name).subscription?.name);
          else expect([sim.on(name), sim.of(name).holds.length]).toEqual([from, 1]);
        }
        sim.deliver();
        for (const name of AGENTS) {
          const { subscription, switches } = sim.of(name);
          expect(sim.pool.assigned[`mars/${name}`]).toMatchObject({
            credential: subscription?.name,
            assignment: subscription?.assignment,
          });
          expect(switches.switching === null || switches.switching.step === 'waiting').toBe(true);
          expect(switches.switching?.step === 'waiting' && free().length > 0).toBe(false);
        }
        for (const state of sim.agents.values()) expectCarried(parseAgentState, state);
        expectCarried(parsePoolState, sim.pool);
      }
      const numbers = sim.granted.flatMap(({ grant }) => ('assignment' in grant ? [grant.assignment] : []));
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    }),
    { numRuns: runs(60) },
  );
});

/** A released agent's runtime goes on. */
function resume(sim: PoolSim, name: string): void {
  if (sim.of(name).status === 'running') sim.change(name, (state) => ({ ...state, runtime: 'running' }));
  sim.deliver();
}
