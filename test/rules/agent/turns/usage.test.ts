/** The parts of replies that an agent's workflow keeps: usage, once per turn, and warnings, once each. */
import type { AgentState } from '../../../../src/rules/agent/state';
import { decisionsOf } from '../../../../src/rules/agent/decisions';
import { usageMessage } from '../../../../src/rules/agent/farewell';
import { parseAgentState } from '../../../../src/rules/agent/input/carried';
import { type TurnEnding, turnEnded } from '../../../../src/rules/agent/turns/endings';
import { beginTurn, requestTurn } from '../../../../src/rules/agent/turns/queue';
import { agentView } from '../../../../src/rules/agent/view';
import { T0, agentIn } from '../agents';
import { turnRequest } from '../../../support/turn-request';

function asked(state: AgentState, turnId: string): AgentState {
  const { state: queued } = requestTurn(state, { turnId, replyTo: 'b', request: turnRequest(turnId) }, T0);
  return beginTurn(queued, turnId, T0);
}

const replied = (reply: object): TurnEnding => ({ kind: 'outcome', outcome: { reply } });
const reply = { action: 'final', response: 1, usage: { costUsd: 0.25, inputTokens: 3, outputTokens: 1 } };
const SUM = { turns: 1, costUsd: 0.25, inputTokens: 3, outputTokens: 1 };

test('a turn counts once, however often it is asked and answered', () => {
  const lost: TurnEnding = { kind: 'error', error: { code: 'AgentUnavailable', message: 'gone' }, cannotReach: true };
  let state = turnEnded(asked(agentIn('running', 'running'), 't'), 't', lost, null, T0).state;
  expect(agentView(state)).not.toHaveProperty('usage');
  state = turnEnded(beginTurn(state, 't', T0), 't', replied(reply), null, T0).state;
  expect(agentView(state).usage).toEqual(SUM);
  // The branch asks again, and a second attempt of the activity ends late.
  state = turnEnded(asked(state, 't'), 't', replied(reply), null, T0).state;
  expect(agentView(state).usage).toEqual(SUM);
  expect(parseAgentState(JSON.parse(JSON.stringify(state)), 'state').usage).toEqual(SUM);
  expect(usageMessage(state)).toEqual({ agent: 'A', key: 'inst.i1.1.A', usage: SUM });
});

test('a reply on a failed credential is asked again, and only the last one counts', () => {
  const state = asked(
    {
      ...agentIn('running', 'running', 'ready', [], { subscription: { pool: 'p' } }),
      subscription: { pool: 'p', name: 'a', assignment: 1, secret: 'env:A' },
    },
    't',
  );
  const refused: TurnEnding = {
    kind: 'outcome',
    outcome: { reply: { action: 'fail', error: '429', usage: { costUsd: 9 } } },
    failure: { kind: 'rate_limit' },
  };
  const again = turnEnded(state, 't', refused, null, T0).state;
  const ended = turnEnded(beginTurn(again, 't', T0), 't', replied(reply), null, T0).state;
  expect(agentView(ended).usage).toEqual(SUM);
});

test('an ignored part of a reply is a decision, once for the same warning', () => {
  let state = agentIn('running', 'running');
  for (const turnId of ['t1', 't2'])
    state = turnEnded(asked(state, turnId), turnId, replied({ ...reply, tokens: 1 }), null, T0).state;
  state = turnEnded(asked(state, 't3'), 't3', replied({ ...reply, usage: 'x' }), null, T0).state;
  expect(decisionsOf(state.log).map(({ by, what, accepted, why }) => ({ by, what, accepted, why }))).toEqual([
    {
      by: 'agent',
      what: 'reply with parts that are ignored',
      accepted: true,
      why: 'reply.tokens: unknown key; known are action, response, undo, usage, metadata, session',
    },
    {
      by: 'agent',
      what: 'reply with parts that are ignored',
      accepted: true,
      why: 'reply.usage: expected an object, got "x"',
    },
  ]);
});
