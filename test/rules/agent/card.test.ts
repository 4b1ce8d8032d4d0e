/** The view and the card of an agent. */
import type { AgentState } from '../../../src/rules/agent/state';
import { withDecision } from '../../../src/rules/agent/decisions';
import { agentTold, agentView, card, commandState } from '../../../src/rules/agent/view';
import { T0, agentIn, fresh } from './agents';

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
