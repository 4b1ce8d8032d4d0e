/** The ten rules of liveness, by table and by property. */
import fc from 'fast-check';
import type { Heartbeat, Liveness } from '../../../../src/contract/agent';
import { type AgentState } from '../../../../src/rules/agent/state';
import { applyBeat, applyCheck, livenessAt, livenessDue } from '../../../../src/rules/agent/liveness/liveness';
import { tick } from '../../../../src/rules/agent/timers';
import { MINUTE, SECOND, T0, agentIn } from '../agents';

/** An agent with its age, the age of its last proof and its liveness, seen at `T0`. */
function aged(liveness: Liveness, registeredAgo: number, proofAgo: number | null): AgentState {
  const state = agentIn('running', 'running', liveness);
  const proof = proofAgo === null ? null : T0 - proofAgo;
  return {
    ...state,
    runningSince: T0 - registeredAgo,
    instance: { ...state.instance, registeredAt: T0 - registeredAgo, lastBeatAt: proof, lastProofAt: proof },
  };
}

const beat = (status: Heartbeat['status'], more: Partial<Heartbeat> = {}): Heartbeat => ({
  instanceId: 'A-1',
  status,
  ...more,
});

describe('expected at defaults', () => {
  test.each<[string, AgentState, Liveness]>([
    ['a proof 45 s old is alive', aged('ready', 10 * MINUTE, 45 * SECOND), 'ready'],
    ['a proof 65 s old is offline', aged('ready', 10 * MINUTE, 65 * SECOND), 'offline'],
    ['a degraded one too', aged('degraded', 10 * MINUTE, 65 * SECOND), 'offline'],
    ['starting, registered 30 s ago, beat 2 s ago', aged('starting', 30 * SECOND, 2 * SECOND), 'starting'],
    ['starting, registered 10 min ago, beat 2 s ago', aged('starting', 10 * MINUTE, 2 * SECOND), 'ready'],
    ['starting, registered 10 min ago, stale', aged('starting', 10 * MINUTE, 65 * SECOND), 'offline'],
    ['starting and silent for 90 s', aged('starting', 90 * SECOND, null), 'starting'],
    ['starting and silent for 2 min', aged('starting', 120 * SECOND, null), 'offline'],
  ])('%s', (_, state, expected) => {
    expect(livenessAt(state, T0)).toBe(expected);
  });

  test('five more starting beats leave a rescued agent ready', () => {
    let state: AgentState = { ...aged('starting', 10 * MINUTE, 2 * SECOND), liveness: 'ready' };
    for (let index = 1; index <= 5; index += 1) state = applyBeat(state, beat('starting'), T0 + index * SECOND);
    expect(state.liveness).toBe('ready');
  });
});

describe('beats', () => {
  test.each<[Liveness, Heartbeat['status'], number, Liveness]>([
    ['starting', 'ready', 30 * SECOND, 'ready'],
    ['starting', 'degraded', 30 * SECOND, 'degraded'],
    ['ready', 'degraded', MINUTE, 'degraded'],
    ['degraded', 'ready', MINUTE, 'ready'],
    ['ready', 'starting', MINUTE, 'ready'],
    ['degraded', 'starting', MINUTE, 'degraded'],
    ['ready', 'stopping', MINUTE, 'offline'],
    ['offline', 'ready', MINUTE, 'ready'],
    ['offline', 'degraded', MINUTE, 'degraded'],
    ['offline', 'starting', MINUTE, 'starting'],
    ['offline', 'starting', 3 * MINUTE, 'ready'],
    ['offline', 'stopping', MINUTE, 'offline'],
  ])('%s, a %s beat, %d ms old: %s', (before, status, age, after) => {
    expect(applyBeat(aged(before, age, 65 * SECOND), beat(status), T0).liveness).toBe(after);
  });

  test('of another instance are ignored; an external agent names its own', () => {
    const state = agentIn('running', 'running', 'ready');
    expect(applyBeat(state, beat('degraded', { instanceId: 'old' }), T0)).toBe(state);
    const external: AgentState = { ...state, config: { ...state.config, spec: { name: 'A', provider: 'external' } } };
    const next = applyBeat(external, beat('starting', { instanceId: 'new', seq: 9 }), T0 + SECOND);
    expect(next).toMatchObject({
      liveness: 'starting',
      instance: { id: 'new', registeredAt: T0 + SECOND, lastSeq: 9 },
    });
  });

  test('of the instance before are ignored while the present one beats, and heard again after it', () => {
    const external = agentIn('running', 'running', 'ready', [], { provider: 'external' });
    const first = applyBeat(external, beat('ready', { instanceId: 'first', seq: 7 }), T0);
    const second = applyBeat(first, beat('ready', { instanceId: 'second', seq: 1 }), T0 + SECOND);
    for (const seq of [1, 7, 8])
      expect(applyBeat(second, beat('ready', { instanceId: 'first', seq }), T0 + 2 * SECOND)).toBe(second);
    const silent = { ...second, liveness: 'offline' as const };
    expect(applyBeat(silent, beat('ready', { instanceId: 'first', seq: 9 }), T0 + MINUTE).instance.id).toBe('first');
  });

  test('with a seq not above the last are ignored, except 1', () => {
    const state = applyBeat(agentIn('running', 'running'), beat('ready', { seq: 7 }), T0);
    for (const seq of [6, 7]) expect(applyBeat(state, beat('degraded', { seq }), T0)).toBe(state);
    expect(applyBeat(state, beat('degraded', { seq: 8 }), T0).liveness).toBe('degraded');
    const anew = applyBeat(state, beat('degraded', { seq: 1 }), T0);
    expect(anew).toMatchObject({ liveness: 'degraded', instance: { lastSeq: 1 } });
  });

  test.each(['stopped', 'crashed'] as const)('of a %s runtime are ignored', (runtime) => {
    const state = agentIn('stopped', runtime, 'offline');
    expect(applyBeat(state, beat('ready'), T0)).toBe(state);
  });

  test('keep the endpoint that an earlier one named', () => {
    const state = applyBeat(agentIn('running', 'running'), beat('ready', { endpoint: 'http://h:2/' }), T0);
    expect(applyBeat(state, beat('ready'), T0).instance.endpoint).toBe('http://h:2/');
  });
});

describe('checks', () => {
  const check = (passed: boolean) => ({ instanceId: 'A-1', passed, at: new Date(T0).toISOString() });
  test.each<[Liveness, boolean, number, Liveness]>([
    ['starting', true, SECOND, 'ready'],
    ['offline', true, 65 * SECOND, 'ready'],
    ['degraded', true, SECOND, 'degraded'],
    ['ready', false, SECOND, 'ready'],
    ['ready', false, 65 * SECOND, 'offline'],
    ['starting', false, SECOND, 'starting'],
  ])('%s, passed %s, last beat %d ms ago: %s', (before, passed, beatAgo, after) => {
    expect(applyCheck(aged(before, 3 * MINUTE, beatAgo), check(passed), T0).liveness).toBe(after);
  });

  test('30 beats 100 ms apart under failing checks give no sample that is not alive', () => {
    let state = aged('ready', 10 * MINUTE, 0);
    for (let index = 0; index < 30; index += 1) {
      const now = T0 + index * 100;
      state = applyCheck(applyBeat(state, beat('ready'), now), check(false), now + 50);
      expect([state.liveness, livenessAt(state, now + 99)]).toEqual(['ready', 'ready']);
    }
  });
});

test('a suspended process does not go offline, and has a full staleAfter again after a resume', () => {
  const paused: AgentState = { ...aged('ready', 10 * MINUTE, 59 * SECOND), runtime: 'paused', runningSince: null };
  expect([livenessAt(paused, T0 + 60 * MINUTE), livenessDue(paused)]).toEqual(['ready', null]);
  const resumed: AgentState = { ...paused, runtime: 'running', runningSince: T0 + 60 * MINUTE };
  expect(livenessDue(resumed)).toBe(T0 + 61 * MINUTE);
  expect(livenessAt(resumed, T0 + 61 * MINUTE - 1)).toBe('ready');
  expect(livenessAt(resumed, T0 + 61 * MINUTE)).toBe('offline');
});

describe('time without worker or server', () => {
  const ages = fc.record({
    liveness: fc.constantFrom<Liveness>('starting', 'ready', 'degraded'),
    registeredAgo: fc.integer({ min: 10 * MINUTE, max: 1_000 * MINUTE }),
    proofAgo: fc.option(fc.integer({ min: 0, max: 10 * MINUTE })),
  });
  /** More than the 5 s by which a timer may be late, up to ten days. */
  const late = fc.integer({ min: 5 * SECOND + 1, max: 10 * 24 * 60 * MINUTE });

  test('counts against no agent: none goes offline before a full staleAfter of being listened to', () => {
    fc.assert(
      fc.property(ages, late, ({ liveness, registeredAgo, proofAgo }, lateMs) => {
        const before = aged(liveness, registeredAgo, proofAgo);
        const now = (livenessDue({ ...before, liveness: 'ready' }) ?? T0) + lateMs;
        const after = tick(before, now);
        expect(after.liveness).not.toBe('offline');
        // A process that has died in that time is noticed at once all the same.
        expect(after.probeAt).toBe(now);
        const due = livenessDue({ ...after, liveness: 'ready' }) ?? 0;
        expect(due - now).toBeGreaterThanOrEqual(after.settings.staleAfterMs);
        expect(tick(after, due - 1).liveness).not.toBe('offline');
        expect(tick(after, due).liveness).toBe('offline');
      }),
    );
  });

  test('does not excuse an agent whose timer fired in time', () => {
    fc.assert(
      fc.property(ages, fc.integer({ min: 0, max: 5 * SECOND }), ({ liveness, registeredAgo, proofAgo }, lateMs) => {
        const before = aged(liveness, registeredAgo, proofAgo);
        const now = (livenessDue({ ...before, liveness: 'ready' }) ?? T0) + lateMs;
        expect(tick(before, now).liveness).toBe('offline');
      }),
    );
  });

  test('does not excuse for good: once a worker runs again, a silent agent goes offline', () => {
    fc.assert(
      fc.property(fc.array(late, { maxLength: 5 }), (outages) => {
        let state = aged('ready', 10 * MINUTE, 0);
        const dueOf = () => livenessDue(state) ?? 0;
        for (const lateMs of outages) state = tick(state, dueOf() + lateMs);
        expect(state.liveness).toBe('ready');
        expect(tick(state, dueOf()).liveness).toBe('offline');
      }),
    );
  });

  test('is nothing that a failed check makes up for', () => {
    const stale = aged('ready', 10 * MINUTE, 0);
    const check = { instanceId: 'A-1', passed: false, at: new Date(T0).toISOString() };
    expect(applyCheck(stale, check, T0 + 60 * SECOND).liveness).toBe('offline');
    const after = applyCheck(stale, check, T0 + 10 * MINUTE);
    expect(after.liveness).toBe('ready');
    expect(applyCheck(after, check, T0 + 11 * MINUTE).liveness).toBe('offline');
  });

  test('does not hide a beat that has waited for the worker', () => {
    const after = applyBeat(aged('ready', 10 * MINUTE, 0), beat('degraded'), T0 + 10 * MINUTE);
    expect(tick(after, T0 + 10 * MINUTE)).toBe(after);
  });
});

describe('properties', () => {
  const said = fc.constantFrom<Heartbeat['status']>('starting', 'ready', 'degraded', 'stopping');
  const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), said), { maxLength: 40 });

  /** Feeds beats, and looks at the clock before each and at the end. */
  function play(
    beats: readonly (readonly [number, Heartbeat['status']])[],
    see: (before: AgentState, after: AgentState, now: number) => void,
  ) {
    let state = aged('starting', 0, null);
    let now = T0;
    for (const [wait, status] of beats) {
      now += wait;
      state = { ...state, liveness: livenessAt(state, now) };
      const next = applyBeat(state, beat(status), now);
      see(state, next, now);
      state = next;
    }
  }

  test('a beat never moves an agent backwards, and one that beats is never stuck in starting', () => {
    fc.assert(
      fc.property(events, (beats) => {
        play(beats, (before, after, now) => {
          const wasUp = before.liveness === 'ready' || before.liveness === 'degraded';
          if (wasUp) expect(after.liveness).not.toBe('starting');
          if (after.liveness === 'starting') expect(now - T0).toBeLessThan(2 * MINUTE);
        });
      }),
    );
  });

  test('the timer is set exactly for what the clock changes next', () => {
    fc.assert(
      fc.property(events, (beats) => {
        play(beats, (_, after) => {
          const due = livenessDue(after);
          if (due === null) return;
          expect(livenessAt(after, due - 1)).toBe(after.liveness);
          expect(livenessAt(after, due)).not.toBe(after.liveness);
        });
      }),
    );
  });
});
