/** The sentence that says why an agent does not work. */
import type { AgentState } from '../../../src/rules/agent/state';
import { why } from '../../../src/rules/agent/why';
import { SECOND, T0, agentIn } from './agents';

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
