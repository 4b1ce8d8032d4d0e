/** lifecycle.md, rule 10: time in which no gateway could receive a beat does not count. */
import fc from 'fast-check';
import { afterHearing, mustAskGateway } from '../../../../src/rules/agent/liveness/hearing';
import { applyBeat, livenessAt, livenessDue } from '../../../../src/rules/agent/liveness/liveness';
import type { AgentState } from '../../../../src/rules/agent/state';
import { tick } from '../../../../src/rules/agent/timers';
import { MINUTE, SECOND, T0, agentIn } from '../agents';

const STALE_AFTER = 60 * SECOND;

/** An agent whose last beat came at `T0`. */
function beaten(via?: 'gateway'): AgentState {
  const beat = { instanceId: 'A-1', status: 'ready', ...(via && { via }) } as const;
  return applyBeat({ ...agentIn('running', 'running', 'ready'), runningSince: T0 - MINUTE }, beat, T0);
}

/** Silent until it is due; then every question is answered so. */
function silentFrom(state: AgentState, listeningMs: (now: number) => number | null, asks: number): AgentState {
  let silent = state;
  for (let asked = 0; asked < asks && silent.liveness !== 'offline'; asked += 1) {
    const now = livenessDue(silent) ?? 0;
    silent = tick(silent, now);
    expect(silent.liveness).toBe('ready');
    silent = tick(afterHearing(silent, { listeningMs: listeningMs(now) }, now), now);
  }
  return silent;
}

test('nothing is asked before the time, of an agent that beats by itself, or that is offline', () => {
  expect(mustAskGateway(beaten('gateway'), T0 + STALE_AFTER - 1)).toBe(false);
  expect(mustAskGateway(beaten('gateway'), T0 + STALE_AFTER)).toBe(true);
  expect(mustAskGateway(beaten(), T0 + STALE_AFTER)).toBe(false);
  expect(livenessAt(beaten(), T0 + STALE_AFTER)).toBe('offline');
  const offline = { ...beaten('gateway'), liveness: 'offline' as const };
  expect(mustAskGateway(offline, T0 + STALE_AFTER)).toBe(false);
});

test('a gateway that has listened all the time: offline on time', () => {
  const due = T0 + STALE_AFTER;
  const after = tick(afterHearing(tick(beaten('gateway'), due), { listeningMs: 10 * MINUTE }, due), due);
  expect(after.liveness).toBe('offline');
  expect(after.probeAt).toBe(due);
});

test('a gateway that vouches for beats to come: asked again a full staleAfter after them', () => {
  const due = T0 + STALE_AFTER;
  const vouched = afterHearing(tick(beaten('gateway'), due), { listeningMs: -10 * MINUTE }, due);
  const again = due + 10 * MINUTE + STALE_AFTER;
  expect(livenessDue(vouched)).toBe(again);
  expect(tick(vouched, again - 1).liveness).toBe('ready');
  expect(tick(afterHearing(tick(vouched, again), { listeningMs: MINUTE }, again), again).liveness).toBe('offline');
});

test('after the start of a gateway an agent has a full staleAfter, whenever that start was', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: STALE_AFTER }),
      fc.integer({ min: 0, max: 5 * SECOND }),
      (startedAfter, late) => {
        const start = T0 + startedAfter;
        const now = T0 + STALE_AFTER + Math.min(late, STALE_AFTER - 1);
        fc.pre(start <= now && start + STALE_AFTER > now);
        const asked = afterHearing(tick(beaten('gateway'), now), { listeningMs: now - start }, now);
        expect(tick(asked, now).liveness).toBe('ready');
        expect(livenessDue(asked)).toBe(start + STALE_AFTER);
        expect(tick(asked, start + STALE_AFTER - 1).liveness).toBe('ready');
        const again = start + STALE_AFTER;
        expect(mustAskGateway(asked, again)).toBe(true);
        expect(tick(afterHearing(asked, { listeningMs: STALE_AFTER }, again), again).liveness).toBe('offline');
      },
    ),
  );
});

test('while no gateway answers the provider is asked, and silence is excused for ten minutes', () => {
  const due = T0 + STALE_AFTER;
  const excused = afterHearing(tick(beaten('gateway'), due), { listeningMs: null }, due);
  expect(excused).toMatchObject({ liveness: 'ready', probeAt: due, unheardFrom: due });
  expect(livenessDue(excused)).toBe(due + STALE_AFTER);
  expect(silentFrom(beaten('gateway'), () => null, 10)).toMatchObject({ liveness: 'ready' });
  expect(silentFrom(beaten('gateway'), () => null, 11)).toMatchObject({ liveness: 'offline' });
  // A beat, or a gateway that answers, begins the ten minutes again.
  const heard = applyBeat(excused, { instanceId: 'A-1', status: 'ready', via: 'gateway' }, due + SECOND);
  expect(heard.unheardFrom).toBeNull();
});

test('an answer that comes after a beat changes nothing', () => {
  const due = T0 + STALE_AFTER;
  const heard = applyBeat(
    tick(beaten('gateway'), due),
    { instanceId: 'A-1', status: 'ready', via: 'gateway' },
    due + SECOND,
  );
  expect(afterHearing(heard, { listeningMs: 10 * MINUTE }, due + SECOND)).toBe(heard);
});
