/** The smaller rules of an agent: settings, restart backoff, remembered requests, decisions, reports, configure, why, card. */
import fc from 'fast-check';
import type { AgentSpec } from '../../../src/contract/agent';
import type { DroverError } from '../../../src/contract/errors';
import type { AgentState } from '../../../src/rules/agent/state';
import { configure } from '../../../src/rules/agent/commands/configure';
import { decisionsOf, withDecision } from '../../../src/rules/agent/decisions';
import { dueReport, markReported, settle } from '../../../src/rules/agent/report';
import { markOf } from '../../../src/rules/lib/fingerprint';
import { rememberAnswer, recall, remember } from '../../../src/rules/agent/commands/requests';
import { effectFailed } from '../../../src/rules/agent/reconcile/failure';
import { nextEffect } from '../../../src/rules/agent/reconcile/next-effect';
import { backoffMs, recordCrash } from '../../../src/rules/agent/restart';
import { agentSettings } from '../../../src/rules/agent/spec/settings';
import { agentTold, agentView, card, commandState } from '../../../src/rules/agent/view';
import { why } from '../../../src/rules/agent/why';
import { MINUTE, SECOND, T0, agentIn, fresh } from './agents';
import { runs } from '../../support/runs';

const spec = (more: Partial<AgentSpec> = {}): AgentSpec => ({ name: 'A', provider: 'memory', ...more });

describe('settings', () => {
  test('defaults', () => {
    expect(agentSettings(spec())).toEqual({
      heartbeatEveryMs: 5_000,
      staleAfterMs: 60_000,
      startupGraceMs: 120_000,
      readyTimeoutMs: 120_000,
      healthCheck: null,
      turns: {
        maxParallel: 3,
        queue: 1_000,
        timeoutMs: 600_000,
        unavailableTimeoutMs: 120_000,
        crashLimit: 2,
        retry: { attempts: null, backoffInitialMs: 1_000, backoffMaxMs: 30_000, on: ['5xx', 'rate_limit'] },
      },
      restart: { on: 'failure', maxAttempts: 3, windowMs: 600_000, backoffInitialMs: 1_000, backoffMaxMs: 30_000 },
    });
  });
  test('readyTimeout follows startupGrace, and an empty healthCheck turns checks on', () => {
    expect(agentSettings(spec({ liveness: { startupGrace: '7s', healthCheck: {} } }))).toMatchObject({
      readyTimeoutMs: 7_000,
      healthCheck: { everyMs: 10_000, timeoutMs: 5_000, failures: 3, debounceMs: 5_000 },
    });
  });
});

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

describe('remembered requests', () => {
  test('are answered as at first, with the state of then', () => {
    let state = remember(agentIn('paused', 'paused'), markOf('pause', { requestId: 'r1' }), true);
    state = rememberAnswer(state, 'r1', 'done');
    const later: AgentState = { ...state, status: 'running', runtime: 'running', holds: [] };
    expect(recall(later, markOf('pause', { requestId: 'r1' }))).toMatchObject({
      changed: true,
      answer: { state: 'done', status: 'paused', holds: [{ name: 'operator' }] },
    });
    expect([recall(later, markOf('pause', { requestId: 'r2' })), recall(later, undefined)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('property: exactly the last 1,000 are kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_500 }), (count) => {
        let state = fresh();
        for (let index = 0; index < count; index += 1)
          state = remember(state, markOf('pause', { requestId: `r${String(index)}` }), true);
        const kept = state.requests.map(({ requestId }) => requestId);
        expect(kept).toHaveLength(Math.min(count, 1_000));
        expect(kept.at(-1)).toBe(`r${String(count - 1)}`);
        expect(kept[0]).toBe(`r${String(Math.max(0, count - 1_000))}`);
      }),
      { numRuns: runs(10) },
    );
  });
});

test('remembered requests with long reasons are bounded by bytes too, the newest kept', () => {
  let state = agentIn('paused', 'paused');
  state = { ...state, holds: [{ name: 'operator', reason: 'x'.repeat(2_000), since: '2026-03-01T12:00:00.000Z' }] };
  for (let index = 0; index < 500; index += 1) {
    const requestId = `r${String(index)}`;
    state = rememberAnswer(remember(state, markOf('pause', { requestId }), true), requestId, 'done');
  }
  expect(JSON.stringify(state.requests).length).toBeLessThan(400 * 1024);
  expect(state.requests.length).toBeGreaterThan(100);
  expect(state.requests.at(-1)?.requestId).toBe('r499');
});

test('the last 50 decisions are kept, with before and after', () => {
  let state = agentIn('running', 'running');
  const paused: AgentState = { ...state, status: 'paused', holds: agentIn('paused', 'paused').holds };
  const decided = withDecision(state, paused, { by: 'operator', what: 'pause', why: 'deploy' }, T0);
  expect(decisionsOf(decided.log)).toEqual([
    {
      at: '2026-03-01T12:00:00.000Z',
      by: 'operator',
      what: 'pause',
      accepted: true,
      before: 'running/running/ready',
      after: 'paused/running/ready [operator]',
      why: 'deploy',
    },
  ]);
  for (let index = 0; index < 70; index += 1) state = withDecision(state, state, { by: 'a', what: String(index) }, T0);
  const decisions = decisionsOf(state.log);
  expect([decisions.length, decisions[0]?.what]).toEqual([50, '20']);
});

describe('report', () => {
  const waiting = (state: AgentState): AgentState => ({
    ...state,
    settled: null,
    config: { ...state.config, reportTo: 'provision/mars/1' },
  });
  test.each<[string, AgentState, string | undefined]>([
    ['running and beating', agentIn('running', 'running', 'starting'), 'ready'],
    ['running and silent', { ...agentIn('running', 'running', 'starting'), instance: fresh().instance }, undefined],
    ['running and saying good-bye', agentIn('running', 'running', 'offline'), undefined],
    ['held and suspended', agentIn('paused', 'paused', 'starting'), 'ready'],
    ['held and not yet suspended', agentIn('paused', 'running', 'starting'), undefined],
    ['stopped before', agentIn('stopped', 'stopped', 'offline'), 'failed'],
  ])('%s', (_, state, outcome) => {
    const settled = settle(waiting(state));
    expect(dueReport(settled)?.report.outcome).toBe(outcome);
    if (outcome !== undefined) expect(dueReport(markReported(settled))).toBeNull();
  });
});

describe('configure', () => {
  const state = markReported(agentIn('running', 'running'));
  const { config } = state;
  test('an older revision changes nothing, the same one asks for the report, a newer one takes effect', () => {
    expect(configure(state, { ...config, revision: 0, reportTo: 'x' })).toEqual({ state, changed: false });
    const again = configure(state, { ...config, resourceId: 'r9', reportTo: 'provision/mars/2' });
    expect([again.changed, again.state.reportedTo, again.state.config.reportTo, again.state.config.resourceId]).toEqual(
      [false, null, 'provision/mars/2', 'r9'],
    );
    const newer = configure(state, { ...config, revision: 2, spec: spec({ liveness: { staleAfter: '9s' } }) });
    expect([newer.changed, newer.state.settings.staleAfterMs]).toEqual([true, 9_000]);
  });
  test.each([
    ['another incarnation', state, { ...config, incarnation: 'i2' }, 'StaleRevision'],
    ['another key', state, { ...config, key: 'other' }, 'InvalidRequest'],
    ['a terminated agent', agentIn('terminated', 'stopping'), config, 'AgentStatusError'],
  ] as const)('%s is refused', (_, before, given, code) => {
    expect.assertions(1);
    try {
      configure(before, given);
    } catch (error) {
      expect((error as DroverError).code).toBe(code);
    }
  });
});

describe('why', () => {
  const paused = agentIn('paused', 'paused');
  const [operator] = paused.holds;
  const held = (name: string, reason: string | null): AgentState => ({
    ...paused,
    holds: [{ name, reason, since: operator?.since ?? '' }],
  });
  test.each<[AgentState, string | null]>([
    [agentIn('running', 'running'), null],
    [held('operator', 'deploy'), 'Paused by operator since 2026-03-01 12:00 UTC ("deploy"): drover resume mars/A'],
    [
      { ...held('operator', 'deploy'), runtime: 'running' },
      'Paused by operator since 2026-03-01 12:00 UTC ("deploy"); pausing: drover resume mars/A --cancel-pending',
    ],
    [held('fleet', null), 'Paused by fleet since 2026-03-01 12:00 UTC: drover resume --fleet mars'],
    [held('budget', null), 'Paused by budget since 2026-03-01 12:00 UTC: drover release mars/A --hold budget'],
    [
      held('subscription', 'pool claude is exhausted until 15:10'),
      'Held by subscription: pool claude is exhausted until 15:10: drover release mars/A --hold subscription',
    ],
    [agentIn('stopped', 'stopped'), 'Stopped: drover start mars/A'],
    [
      { ...agentIn('failed', 'crashed'), reason: 'crash loop: exited with code 1' },
      'Failed (crash loop: exited with code 1): drover start mars/A',
    ],
    [
      { ...agentIn('running', 'crashed'), restartAt: T0 + SECOND, reason: 'exited with code 1' },
      'Crashed (exited with code 1): Drover restarts it at 2026-03-01 12:00:01 UTC',
    ],
    [
      agentIn('running', 'running', 'offline'),
      'Offline, last proof at 2026-03-01 12:00:00 UTC: its next beat brings it back',
    ],
    [
      agentIn('paused', 'crashed'),
      'Paused by operator since 2026-03-01 12:00 UTC; its process has ended: drover restart mars/A',
    ],
  ])('%#', (state, sentence) => {
    expect(why(state)).toBe(sentence);
  });
});

describe('what is seen', () => {
  test('a command is done when the provider is where it was decided to be', () => {
    expect(commandState(agentIn('paused', 'paused'))).toBe('done');
    expect(commandState({ ...agentIn('paused', 'paused'), effect: 'continue' })).toBe('pausing');
    expect(commandState(agentIn('paused', 'running'))).toBe('pausing');
    expect(commandState({ ...agentIn('running', 'running'), effect: 'suspend' })).toBe('resuming');
    expect(commandState(agentIn('running', 'paused'))).toBe('resuming');
    expect(commandState(agentIn('stopped', 'stopping'))).toBe('stopping');
    expect(commandState(agentIn('terminated', 'stopped'))).toBe('terminating');
  });

  test.each<[string, AgentState, string]>([
    ['in flight while it pauses', agentIn('paused', 'running'), 'pausing'],
    ['paused', agentIn('paused', 'paused'), 'paused'],
    ['a crash before its restart', { ...agentIn('running', 'crashed'), restartAt: T0 }, 'restarting'],
    ['a restart', { ...agentIn('running', 'stopping'), restarting: 'stop' }, 'restarting'],
    ['a stop', agentIn('stopped', 'stopping'), 'stopping'],
    ['a resume', agentIn('running', 'paused'), 'resuming'],
    ['a removal', agentIn('terminated', 'stopped'), 'terminating'],
    ['a start', fresh(), 'pending'],
    ['work', agentIn('running', 'running'), 'running'],
    ['a failure', agentIn('failed', 'crashed'), 'failed'],
  ])('lists and describe say the same word: %s', (_, state, phase) => {
    expect([agentView(state).phase, agentTold(state, '2026-03-01T12:00:00.000Z').phase]).toEqual([phase, phase]);
  });

  test('the view is JSON and has decisions only if asked for; the card names state, why and decisions', () => {
    const state = withDecision(
      agentIn('paused', 'paused'),
      agentIn('paused', 'paused'),
      { by: 'operator', what: 'pause', why: 'deploy' },
      T0,
    );
    const view = agentView(state, true);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
    expect(agentView(state)).not.toHaveProperty('decisions');
    expect(card(state)).toContain(
      '**mars/A** paused / paused / ready\n\nPaused by operator since 2026-03-01 12:00 UTC',
    );
    expect(card(state)).toContain(
      String.raw`- 2026-03-01T12:00:00.000Z pause by operator: paused/paused/ready \[operator\] (deploy)`,
    );
  });
});
