/** Another configuration for an agent: taken, ignored or refused. */
import type { DroverError } from '../../../src/contract/errors';
import { configure } from '../../../src/rules/agent/commands/configure';
import { markReported } from '../../../src/rules/agent/report';
import { agentIn, spec } from './agents';

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
