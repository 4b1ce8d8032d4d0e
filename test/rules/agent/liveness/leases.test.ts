/** What gateways and leases tell an agent (docs/lifecycle.md, "Leases"). */
import type { AgentSilent } from '../../../../src/contract/lease';
import { afterHearing, mustAskGateway } from '../../../../src/rules/agent/liveness/hearing';
import { isHeld } from '../../../../src/rules/agent/liveness/holders';
import { applyLeaseLost, applySilent } from '../../../../src/rules/agent/liveness/leases';
import { applyBeat, applyCheck, livenessAt, livenessDue } from '../../../../src/rules/agent/liveness/liveness';
import type { AgentState } from '../../../../src/rules/agent/state';
import { tick } from '../../../../src/rules/agent/timers';
import { agentView } from '../../../../src/rules/agent/view';
import { agentIn, MINUTE, SECOND, T0 } from '../agents';

const LEASE = 'lease/g1/0/1';
const NEXT = 'lease/g1/0/2';
const OTHER = 'lease/g2/0/1';
const STALE = 60 * SECOND;

const ready = (): AgentState => ({ ...agentIn('running', 'running', 'ready'), runningSince: T0 - MINUTE });
const beat = (lease?: string, n?: number, status: 'ready' | 'stopping' = 'ready') =>
  ({
    instanceId: 'A-1',
    status,
    via: 'gateway',
    ...(lease === undefined || n === undefined ? {} : { lease, n }),
  }) as const;
const heldBy = (...leases: readonly (readonly [string, number])[]) =>
  leases.reduce((state, [lease, n]) => applyBeat(state, beat(lease, n), T0), ready());
const silent = (lease: string, n: number, more: Partial<AgentSilent> = {}): AgentSilent => ({
  lease,
  instanceId: 'A-1',
  n,
  silentForMs: STALE,
  ...more,
});
const lost = (lease: string, renewedAgoMs = STALE) => ({ lease, renewedAgoMs });

test('a held agent has no clock of staleness, needs no renewal, and its view names the lease', () => {
  const held = heldBy([LEASE, 1]);
  expect(livenessDue(held)).toBeNull();
  expect(livenessAt(held, T0 + 100 * MINUTE)).toBe('ready');
  expect(mustAskGateway(held, T0 + 100 * MINUTE)).toBe(false);
  expect(agentView(held).heldBy).toEqual([LEASE]);
  expect(agentView(ready())).not.toHaveProperty('heldBy');
});

test('the rescue of one that starts stays (rule 3)', () => {
  const starting = applyBeat({ ...ready(), liveness: 'starting' }, { ...beat(LEASE, 1), status: 'starting' }, T0);
  expect(starting.liveness).toBe('starting');
  expect(livenessDue(starting)).toBe(T0 + 2 * MINUTE);
  expect(livenessAt(starting, T0 + 2 * MINUTE)).toBe('ready');
});

test('a failed check of a held agent does nothing (rule 6)', () => {
  const check = { instanceId: 'A-1', passed: false, at: new Date(T0).toISOString() };
  expect(applyCheck(heldBy([LEASE, 1]), check, T0 + 10 * MINUTE).liveness).toBe('ready');
});

test('silence at its only gateway: offline at once, probed, and no gateway is asked', () => {
  const after = applySilent(heldBy([LEASE, 1]), silent(LEASE, 2), T0 + 10 * MINUTE);
  expect(after).toMatchObject({ liveness: 'offline', probeAt: T0 + 10 * MINUTE });
  expect(isHeld(after)).toBe(false);
  const back = applyBeat(after, beat(LEASE, 3), T0 + 11 * MINUTE);
  expect([back.liveness, isHeld(back)]).toEqual(['ready', true]);
});

test('silence after the brake, twice as long, is offline too', () => {
  const after = applySilent(heldBy([LEASE, 1]), silent(LEASE, 2, { silentForMs: 2 * STALE }), T0 + 10 * MINUTE);
  expect(tick(after, T0 + 10 * MINUTE).liveness).toBe('offline');
});

test('silence at one of two gateways removes only that one', () => {
  const after = applySilent(heldBy([LEASE, 1], [OTHER, 1]), silent(LEASE, 2), T0 + 10 * MINUTE);
  expect([after.liveness, isHeld(after), livenessDue(after)]).toEqual(['ready', true, null]);
  expect(applySilent(after, silent(OTHER, 2), T0 + 10 * MINUTE).liveness).toBe('offline');
});

test('silence at one gateway, while beats without a lease arrive from another: its own clock goes on', () => {
  const now = T0 + 10 * MINUTE;
  const heard = applyBeat(heldBy([LEASE, 1]), beat(), now - SECOND);
  const after = applySilent(heard, silent(LEASE, 2), now);
  expect([after.liveness, livenessDue(after)]).toEqual(['ready', now - SECOND + STALE]);
});

test('silence of a paused agent leaves its liveness alone; the clock runs from its resume', () => {
  const paused: AgentState = { ...heldBy([LEASE, 1]), runtime: 'paused', runningSince: null };
  const after = applySilent(paused, silent(LEASE, 2), T0 + MINUTE);
  expect([after.liveness, isHeld(after)]).toEqual(['ready', false]);
  const resumed: AgentState = { ...after, runtime: 'running', runningSince: T0 + 5 * MINUTE };
  expect(livenessDue(resumed)).toBe(T0 + 5 * MINUTE + STALE);
});

test('silence told right after a resume does not make it offline', () => {
  const resumed: AgentState = { ...heldBy([LEASE, 1]), runningSince: T0 + 9 * MINUTE };
  const after = applySilent(resumed, silent(LEASE, 2), T0 + 9 * MINUTE + SECOND);
  expect([after.liveness, livenessDue(after)]).toEqual(['ready', T0 + 10 * MINUTE]);
});

test.each([
  ['an older silence', (state: AgentState) => applySilent(state, silent(LEASE, 4), T0)],
  ['a repeated beat', (state: AgentState) => applyBeat(state, beat(LEASE, 5, 'stopping'), T0)],
  ['an older beat', (state: AgentState) => applyBeat(state, beat(LEASE, 4, 'stopping'), T0)],
  [
    'the silence of another instance, at a gateway that does not vouch',
    (state: AgentState) => applySilent(state, silent(OTHER, 9, { instanceId: 'A-0' }), T0),
  ],
  ['the end of an earlier lease', (state: AgentState) => applyLeaseLost(state, lost(LEASE), T0)],
])('%s changes nothing', (name, act) => {
  const state = name.includes('earlier') ? heldBy([LEASE, 5], [NEXT, 6]) : heldBy([LEASE, 5]);
  expect(act(state)).toBe(state);
});

describe('a gateway that names no lease yet', () => {
  const passed = (n: number, more: { seq?: number; instanceId?: string } = {}) =>
    ({ instanceId: 'A-1', status: 'ready', via: 'gateway', gateway: 'g1', n, ...more }) as const;

  test('is remembered and does not vouch', () => {
    const state = applyBeat(ready(), passed(1, { seq: 1 }), T0);
    expect([isHeld(state), agentView(state).heldBy, state.instance.holders.map(({ says }) => says)]).toEqual([
      false,
      undefined,
      ['heard'],
    ]);
  });

  test.each([
    ['its first beat comes late', passed(1, { seq: 1 })],
    ['its first beat comes twice', passed(2, { seq: 1 })],
    ['a beat of an instance before comes late', passed(1, { instanceId: 'B-0', seq: 9 })],
  ])('%s: nothing changes', (_name, late) => {
    const spec = { name: 'A', provider: 'external' } as const;
    const external: AgentState = { ...ready(), config: { ...ready().config, spec } };
    const degraded = { ...passed(2, { seq: 2 }), status: 'degraded' } as const;
    const state = applyBeat(external, degraded, T0);
    expect(applyBeat(state, late, T0 + SECOND)).toBe(state);
  });

  test('what it has said of a lease before stays, and its next lease vouches', () => {
    const told = applySilent(heldBy([LEASE, 1]), silent(LEASE, 2, { silentForMs: SECOND }), T0);
    const again = applyBeat(told, passed(3), T0 + SECOND);
    expect(again.instance.holders).toEqual([{ lease: LEASE, n: 3, says: 'silent' }]);
    expect(isHeld(applyBeat(again, beat(LEASE, 4), T0 + SECOND))).toBe(true);
  });

  test('a lease of it that runs out unnamed vouches no more, whenever the beat that names it comes', () => {
    const told = applyLeaseLost(applyBeat(ready(), passed(1), T0), lost('lease/g1/3/1'), T0);
    expect(isHeld(applyBeat(told, beat('lease/g1/3/1', 2), T0 + SECOND))).toBe(false);
  });
});

test('the silence of a later instance, whose beat was lost, ends the vouching for this one and proves nothing of it', () => {
  const later = silent(LEASE, 2, { instanceId: 'A-2', silentForMs: 0 });
  const after = applySilent(heldBy([LEASE, 1]), later, T0 + STALE);
  expect([after.liveness, isHeld(after), after.instance.lastProofAt]).toEqual(['offline', false, T0]);
});

test('a beat that is told again names the next lease, although its seq is old', () => {
  const first = applyBeat(ready(), { ...beat(LEASE, 1), seq: 7 }, T0);
  const again = applyBeat(first, { ...beat(NEXT, 2), seq: 7 }, T0 + SECOND);
  expect(again.instance).toMatchObject({ lastSeq: 7, lastBeatAt: T0, holders: [{ lease: NEXT, n: 2 }] });
});

test('a new instance has no holders', () => {
  const spec = { name: 'A', provider: 'external' } as const;
  const state = heldBy([LEASE, 1]);
  const external: AgentState = { ...state, config: { ...state.config, spec } };
  const next = applyBeat(external, { instanceId: 'B-1', status: 'ready' }, T0 + SECOND);
  expect([next.instance.id, isHeld(next)]).toEqual(['B-1', false]);
});

describe('a lease that has run out', () => {
  test('leaves the clock of staleness from its last renewal, and the gateway is asked', () => {
    const now = T0 + 10 * MINUTE;
    const after = tick(applyLeaseLost(heldBy([LEASE, 1]), lost(LEASE), now), now);
    expect([after.liveness, mustAskGateway(after, now)]).toEqual(['ready', true]);
    expect(tick(afterHearing(after, { listeningMs: 5 * MINUTE }, now), now).liveness).toBe('offline');
    // A gateway that has just come back gives a full staleAfter.
    const excused = tick(afterHearing(after, { listeningMs: SECOND }, now), now);
    expect([excused.liveness, livenessDue(excused)]).toEqual(['ready', now - SECOND + STALE]);
  });

  test('excuses no ten minutes where no gateway answers: it has waited already', () => {
    const now = T0 + 10 * MINUTE;
    const after = applyLeaseLost(heldBy([LEASE, 1]), lost(LEASE), now);
    expect(tick(afterHearing(after, { listeningMs: null }, now), now).liveness).toBe('offline');
  });

  test('with a longer staleAfter the agent has the rest of it', () => {
    const state = heldBy([LEASE, 1]);
    const patient: AgentState = { ...state, settings: { ...state.settings, staleAfterMs: 5 * MINUTE } };
    const now = T0 + 10 * MINUTE;
    expect(livenessDue(applyLeaseLost(patient, lost(LEASE), now))).toBe(now + 4 * MINUTE);
  });

  test('after an outage of Drover: a full staleAfter (rule 10)', () => {
    const now = T0 + 1_000 * MINUTE;
    const after = tick(applyLeaseLost(heldBy([LEASE, 1]), lost(LEASE, 900 * MINUTE), now), now);
    expect([after.liveness, livenessDue(after), after.probeAt]).toEqual(['ready', now + STALE, now]);
  });

  test('changes nothing while another gateway vouches', () => {
    const after = applyLeaseLost(heldBy([LEASE, 1], [OTHER, 1]), lost(LEASE), T0 + MINUTE);
    expect([isHeld(after), livenessDue(after)]).toEqual([true, null]);
  });

  test('no longer vouches, whenever the beat that names it comes', () => {
    const told = applyLeaseLost(ready(), lost(LEASE), T0);
    expect(isHeld(applyBeat(told, beat(LEASE, 9), T0 + SECOND))).toBe(false);
    expect(isHeld(applyBeat(told, beat(NEXT, 9), T0 + SECOND))).toBe(true);
  });
});

test('beyond eight gateways tombstones are forgotten first', () => {
  const lease = (index: number) => `lease/g${String(index)}/0/1`;
  let state = ready();
  for (let index = 0; index < 8; index += 1) state = applyBeat(state, beat(lease(index), 1), T0);
  state = applySilent(state, silent(lease(3), 2), T0);
  state = applyBeat(state, beat(lease(8), 1), T0);
  expect(state.instance.holders.map(({ lease: name }) => name)).toEqual([0, 1, 2, 4, 5, 6, 7, 8].map(lease));
  state = applyBeat(state, beat(lease(9), 1), T0);
  expect(state.instance.holders.map(({ lease: name }) => name)).toEqual([1, 2, 4, 5, 6, 7, 8, 9].map(lease));
});
