/** The report of an agent's start to its change. */
import type { AgentState } from '../../../src/rules/agent/state';
import { dueReport, markReported, settle } from '../../../src/rules/agent/report';
import { agentIn, fresh } from './agents';

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
