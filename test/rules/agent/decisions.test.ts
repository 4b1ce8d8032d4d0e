/** The decisions of an agent in its log. */
import type { AgentState } from '../../../src/rules/agent/state';
import { decisionsOf, withDecision } from '../../../src/rules/agent/decisions';
import { T0, agentIn } from './agents';

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
