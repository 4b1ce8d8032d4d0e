/** The end of an instance, as its host reports it: the provider is asked at once. */
import type { Runtime } from '../../../../src/contract/agent';
import { applyEnd, isProbeDue } from '../../../../src/rules/agent/liveness/probes';
import { beginEffect, effectSucceeded } from '../../../../src/rules/agent/reconcile/outcome';
import { nextEffect } from '../../../../src/rules/agent/reconcile/next-effect';
import { agentIn, T0 } from '../agents';

const ENDED = { key: 'inst.i1.1.A', instanceId: 'A-1' };
const RUNTIMES: readonly Runtime[] = ['stopped', 'starting', 'running', 'paused', 'stopping', 'crashed'];

test.each(RUNTIMES)('counts where the current instance may still be there: %s', (runtime) => {
  const state = agentIn('running', runtime);
  const after = applyEnd(state, ENDED);
  expect(after.instance.endReported).toBe(!['stopped', 'crashed'].includes(runtime));
  expect(isProbeDue(after, T0)).toBe(['running', 'paused'].includes(runtime));
});

test.each([
  ['another instance', { ...ENDED, instanceId: 'A-0' }],
  ['another resource', { ...ENDED, key: 'inst.i0.1.A' }],
])('is ignored for %s', (_what, ended) => {
  const state = agentIn('running', 'running');
  expect(applyEnd(state, ended)).toBe(state);
});

test.each([
  ['running', 'running'],
  ['paused', 'paused'],
] as const)('asks the provider at once, although beats are fresh: %s', (status, runtime) => {
  const state = agentIn(status, runtime);
  expect(nextEffect(state, T0)).toBeNull();
  const reported = applyEnd(state, ENDED);
  expect(nextEffect(reported, T0)).toBe('inspect');
  const gone = effectSucceeded(
    beginEffect(reported, 'inspect', 'A-2', T0),
    'inspect',
    { state: 'exited', exitCode: 137, detail: 'exited with code 137' },
    T0,
  );
  expect(gone).toMatchObject({ runtime: 'crashed', liveness: 'offline', reason: 'exited with code 137' });
  expect(nextEffect(applyEnd(gone, ENDED), T0)).toBeNull();
});

test('a report during an inspection leads to another one, a false one does not repeat itself', () => {
  const looking = beginEffect(agentIn('running', 'running'), 'inspect', 'A-2', T0);
  const reported = applyEnd(looking, ENDED);
  const looked = effectSucceeded(reported, 'inspect', { state: 'running' }, T0);
  expect(nextEffect(looked, T0)).toBe('inspect');
  const again = effectSucceeded(beginEffect(looked, 'inspect', 'A-2', T0), 'inspect', { state: 'running' }, T0);
  expect(nextEffect(again, T0)).toBeNull();
});
