/** The settings of an agent: its specification with every default. */
import { agentSettings } from '../../../src/rules/agent/spec/settings';
import { spec } from './agents';

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
