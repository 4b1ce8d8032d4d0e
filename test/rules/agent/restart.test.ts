/** The restart policy: crashes, backoff, and the window of a crash loop. */
import type { AgentState } from '../../../src/rules/agent/state';
import { effectFailed } from '../../../src/rules/agent/reconcile/failure';
import { nextEffect } from '../../../src/rules/agent/reconcile/next-effect';
import { backoffMs, recordCrash } from '../../../src/rules/agent/restart';
import { agentSettings } from '../../../src/rules/agent/spec/settings';
import { MINUTE, SECOND, T0, agentIn, fresh, spec } from './agents';

describe('restart policy', () => {
  test('backoff doubles up to its maximum', () => {
    const { restart } = agentSettings(spec());
    expect([1, 2, 3, 5, 6, 20].map((attempt) => backoffMs(restart, attempt))).toEqual([
      1_000, 2_000, 4_000, 16_000, 30_000, 30_000,
    ]);
  });

  const ending = { exitCode: 1, detail: 'exited with code 1' };
  const crash = (state: AgentState, now: number): AgentState =>
    recordCrash({ ...state, status: 'running', runtime: 'running' }, ending, now);

  test('more than maxAttempts within the window is a crash loop; older crashes do not count', () => {
    let state = agentIn('running', 'running');
    for (let index = 0; index < 3; index += 1) state = crash(state, T0 + index * MINUTE);
    expect([state.status, state.restartAt]).toEqual(['running', T0 + 2 * MINUTE + 4 * SECOND]);
    expect(crash(state, T0 + 3 * MINUTE)).toMatchObject({ status: 'failed', reason: 'crash loop: exited with code 1' });
    expect(crash(state, T0 + 11 * MINUTE)).toMatchObject({
      status: 'running',
      restartAt: T0 + 11 * MINUTE + 2 * SECOND,
    });
  });

  test('an agent that was never ready fails at once, and says so', () => {
    const starting: AgentState = { ...fresh(), runtime: 'starting' };
    expect(recordCrash(starting, ending, T0)).toMatchObject({
      status: 'failed',
      settled: { outcome: 'failed', error: 'exited with code 1' },
    });
  });

  test.each<[string, AgentState]>([
    ['after a crash', { ...agentIn('running', 'starting'), crashes: [T0] }],
    ['at the first start', { ...fresh(), runtime: 'starting' }],
    ['of a restart', { ...agentIn('running', 'starting'), restarting: 'start' }],
  ])('a wake that is refused %s is not repeated: the agent fails with that reason', (_when, before) => {
    // The provider still knows how the last instance ended.
    const found = { state: 'exited', exitCode: 1, pid: null, detail: 'exited with code 1' } as const;
    const wake = (code: 'Forbidden' | 'ProviderError') =>
      effectFailed({ ...before, effect: 'wake' }, 'wake', { code, message: 'its signature is wrong' }, found, T0);
    const refused = wake('Forbidden');
    expect(refused).toMatchObject({ status: 'failed', restartAt: null, reason: 'its signature is wrong' });
    expect(nextEffect(refused, T0 + 60 * MINUTE)).toBeNull();
    if (before.settled === null) expect(refused.settled).toMatchObject({ outcome: 'failed', code: 'Forbidden' });
    expect(wake('ProviderError').settled).not.toHaveProperty('code');
  });

  test('a wake that fails after a crash is repeated, as before', () => {
    const before: AgentState = { ...agentIn('running', 'starting'), crashes: [T0], effect: 'wake' };
    const failed = effectFailed(before, 'wake', { code: 'ProviderError', message: 'no room' }, null, T0);
    expect(failed).toMatchObject({ status: 'running', restartAt: T0 + 2 * SECOND });
  });

  test('a first start quotes its log: the cause or the last line in short, all of it in the report', () => {
    const starting: AgentState = { ...fresh(), runtime: 'starting' };
    const told = recordCrash(starting, { ...ending, log: 'reads the file\nno letters here\n' }, T0);
    expect(told.reason).toBe('exited with code 1: no letters here');
    expect(told.settled?.error).toBe(
      'exited with code 1: no letters here; its last lines:\nreads the file\nno letters here\n',
    );
    const named = recordCrash(
      starting,
      { exitCode: 1, detail: 'exited with code 1: Error: x', log: 'Error: x\n at y' },
      T0,
    );
    expect(named.reason).toBe('exited with code 1: Error: x');
  });

  test('a later crash quotes no line of its log, in its reason and when it is a crash loop', () => {
    let state = agentIn('running', 'running');
    const secret = { ...ending, log: 'the task of a customer' };
    for (let index = 0; index < 5; index += 1) {
      state = recordCrash({ ...state, runtime: 'running', status: 'running' }, secret, T0 + index);
      expect(JSON.stringify(state)).not.toContain('customer');
    }
    expect(state.reason).toBe('crash loop: exited with code 1');
  });

  test('a process that ends while it is being stopped is not restarted', () => {
    expect(recordCrash(agentIn('stopped', 'stopping'), ending, T0)).toMatchObject({
      status: 'stopped',
      runtime: 'crashed',
      restartAt: null,
    });
  });
});
