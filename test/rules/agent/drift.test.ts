/** A runtime that was changed by other means than Drover's is brought back, and only if the provider says so. */
import type { ResourceState } from '../../../src/contract/activities';
import type { AgentSpec, AgentStatus, Runtime } from '../../../src/contract/agent';
import type { AgentState } from '../../../src/rules/agent/state';
import { applyBeat } from '../../../src/rules/agent/liveness/liveness';
import { probedAfterBeat } from '../../../src/rules/agent/liveness/probes';
import { beginEffect, effectSucceeded } from '../../../src/rules/agent/reconcile/outcome';
import { driftOf } from '../../../src/rules/agent/reconcile/inspection';
import { nextEffect } from '../../../src/rules/agent/reconcile/next-effect';
import { nextDue, tick } from '../../../src/rules/agent/timers';
import { MINUTE, SECOND, T0, agentIn } from './agents';

const found = (state: ResourceState['state']): ResourceState => ({ state, exitCode: null, pid: 7, detail: null });

function beaten(state: AgentState, now: number): AgentState {
  return probedAfterBeat(applyBeat(state, { instanceId: 'A-1', status: 'ready' }, now), 'ready', now);
}

function inspected(state: AgentState, says: ResourceState['state'], now: number): AgentState {
  return effectSucceeded(beginEffect(state, 'inspect', 'x', now), 'inspect', found(says), now);
}

const held = (status: AgentStatus, runtime: Runtime, spec: Partial<AgentSpec> = {}): AgentState =>
  agentIn(status, runtime, 'ready', status === 'paused' ? ['operator'] : [], spec);

test('a beat from a paused runtime is looked into, and what runs is suspended again', () => {
  const paused = held('paused', 'paused');
  expect(nextEffect(paused, T0)).toBeNull();
  const doubted = beaten(paused, T0 + SECOND);
  expect(nextEffect(doubted, T0 + SECOND)).toBe('inspect');
  expect(driftOf(doubted, found('running'))).toMatch(/another program continued it/);
  const known = inspected(doubted, 'running', T0 + 2 * SECOND);
  expect(known).toMatchObject({ status: 'paused', runtime: 'running', runningSince: T0 + 2 * SECOND });
  expect(nextEffect(known, T0 + 2 * SECOND)).toBe('suspend');
  const again = effectSucceeded(beginEffect(known, 'suspend', 'x', T0), 'suspend', {}, T0 + 3 * SECOND);
  expect(again).toMatchObject({ status: 'paused', runtime: 'paused', holds: [{ name: 'operator' }], probes: 0 });
  expect(nextEffect(beaten(again, T0 + 4 * SECOND), T0 + 4 * SECOND)).toBe('inspect');
});

test('beats of an agent that is paused all the same are looked into ever more seldom', () => {
  let state = held('paused', 'paused');
  let looks = 0;
  for (let now = T0; now < T0 + 60 * MINUTE; now += SECOND) {
    state = beaten(tick(state, now), now);
    if (nextEffect(state, now) !== 'inspect') continue;
    expect(driftOf(state, found('paused'))).toBeNull();
    state = inspected(state, 'paused', now);
    expect(state).toMatchObject({ status: 'paused', runtime: 'paused' });
    looks += 1;
  }
  expect(looks).toBeGreaterThan(8);
  expect(looks).toBeLessThan(25);
});

test('a look that waits for its time has a timer', () => {
  const once = inspected(beaten(held('paused', 'paused'), T0), 'paused', T0);
  const doubted = beaten(once, T0 + SECOND);
  expect(nextEffect(doubted, T0 + SECOND)).toBeNull();
  expect(nextDue(doubted, T0 + SECOND)).toBe(T0 + 3 * SECOND);
  expect(nextEffect(doubted, T0 + 3 * SECOND)).toBe('inspect');
});

test('a paused agent that turns out to be gone has crashed', () => {
  const state = inspected(beaten(held('paused', 'paused'), T0), 'exited', T0);
  expect(state).toMatchObject({ runtime: 'crashed' });
});

test('an external agent goes on during a pause: its beats prove nothing', () => {
  const state = beaten(held('paused', 'paused', { provider: 'external' }), T0);
  expect(nextEffect(state, T0)).toBeNull();
});

test('a running agent that another program has stopped is left to it: silent, and so offline', () => {
  const offline = { ...held('running', 'running'), liveness: 'offline' as const, probeAt: T0 };
  expect(driftOf(offline, found('paused'))).toBeNull();
  const state = inspected(offline, 'paused', T0);
  expect(state).toMatchObject({ status: 'running', runtime: 'running', liveness: 'offline' });
  expect(nextEffect(state, T0)).toBeNull();
});
