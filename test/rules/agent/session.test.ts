/** The session of an agent: the last reply or beat that names one counts, and nothing else is lost with a bad one. */
import { decisionsOf } from '../../../src/rules/agent/decisions';
import { SESSION_BYTES, sessionProblem } from '../../../src/contract/agent/session';
import { heartbeatSchema } from '../../../src/contract/schemas/agents';
import { parseAgentState } from '../../../src/rules/agent/input/carried';
import { initialState } from '../../../src/rules/agent/input/initial-state';
import { applyBeat } from '../../../src/rules/agent/liveness/liveness';
import { parseHeartbeat } from '../../../src/rules/agent/messages';
import type { AgentState } from '../../../src/rules/agent/state';
import { type TurnEnding, turnEnded } from '../../../src/rules/agent/turns/endings';
import { beginTurn, requestTurn } from '../../../src/rules/agent/turns/queue';
import { agentView } from '../../../src/rules/agent/view';
import { turnRequest } from '../../support/turn-request';
import { agentIn, agentInput, T0 } from './agents';

function replied(before: AgentState, turnId: string, reply: unknown): AgentState {
  const asked = requestTurn(before, { turnId, replyTo: 'b', request: turnRequest(turnId) }, T0).state;
  return turnEnded(beginTurn(asked, turnId, T0), turnId, { kind: 'outcome', outcome: { reply } }, null, T0).state;
}

const running = (): AgentState => agentIn('running', 'running');
const final = { action: 'final', response: 1 };
const LONGEST = 'é'.repeat(SESSION_BYTES / 2);

test('a reply names the session, the next one without it keeps it, null forgets it', () => {
  const named = replied(running(), 't1', { ...final, session: 's-1' });
  expect(named.session).toBe('s-1');
  const kept = replied(named, 't2', { action: 'fail', error: 'x' });
  expect(kept.session).toBe('s-1');
  expect(replied(kept, 't3', { ...final, session: LONGEST }).session).toBe(LONGEST);
  expect(replied(kept, 't4', { ...final, session: null })).not.toHaveProperty('session');
});

test('a reply that is asked again on another credential keeps its session', () => {
  const spec = { subscription: { pool: 'p' } };
  const subscription = { pool: 'p', name: 'a', assignment: 1, secret: 'env:A' };
  const before = { ...agentIn('running', 'running', 'ready', [], spec), subscription };
  const asked = requestTurn(before, { turnId: 't', replyTo: 'b', request: turnRequest('t') }, T0).state;
  const reply = { action: 'fail', error: '429', session: 's-2' };
  const refused: TurnEnding = { kind: 'outcome', outcome: { reply }, failure: { kind: 'rate_limit' } };
  const { state, answer } = turnEnded(beginTurn(asked, 't', T0), 't', refused, null, T0);
  expect(answer).toBeNull();
  expect(state.session).toBe('s-2');
});

test.each<[string, unknown, RegExp]>([
  ['a number', 7, /expected a text, or null/],
  ['an object', { id: 1 }, /expected a text/],
  ['too many bytes', `${LONGEST}x`, /4097 bytes, at most 4096/],
  ['half a character', 'x\ud800', /lone surrogate/],
  ['a NUL', 'a\0b', /NUL character/],
])('%s is ignored in a reply with a warning, and refused in a beat', (_what, session, problem) => {
  const named = replied(running(), 't1', { ...final, session: 's-1' });
  const after = replied(named, 't2', { ...final, session });
  expect(after.session).toBe('s-1');
  expect(after.turns.answered.at(-1)?.outcome).toEqual({ reply: { ...final, session } });
  expect(decisionsOf(after.log).at(-1)?.why).toMatch(new RegExp(`^reply\\.session: .*${problem.source}`));
  const beat = { instanceId: 'A-1', status: 'ready', session };
  expect(() => parseHeartbeat(beat, 'heartbeat')).toThrow(/heartbeat\.session: /);
  expect(heartbeatSchema.safeParse(beat).success).toBe(false);
});

test('beats name it too; those of an earlier process, and beats that were overtaken, do not', () => {
  const beat = { instanceId: 'A-1', seq: 5, status: 'ready' } as const;
  const named = applyBeat(running(), { ...beat, session: 's-1' }, T0);
  expect(named.session).toBe('s-1');
  expect(applyBeat(named, { ...beat, seq: 6 }, T0).session).toBe('s-1');
  expect(applyBeat(named, { ...beat, seq: 4, session: 'old' }, T0).session).toBe('s-1');
  expect(applyBeat(named, { ...beat, instanceId: 'A-0', session: 'other' }, T0).session).toBe('s-1');
  expect(applyBeat(named, { ...beat, seq: 6, session: null }, T0)).not.toHaveProperty('session');
  for (const session of ['', 's-1', null, LONGEST]) {
    expect(parseHeartbeat({ ...beat, session }, 'heartbeat').session).toBe(session);
    expect(heartbeatSchema.parse({ ...beat, session }).session).toBe(session);
  }
});

test('it is carried over, begins with the input, and is shown by describe only', () => {
  const state = initialState(agentInput({}, { session: 's-1' }));
  expect(parseAgentState(JSON.parse(JSON.stringify(state)), 'state').session).toBe('s-1');
  expect(agentView(state, true).session).toBe('s-1');
  expect(agentView(state)).not.toHaveProperty('session');
  expect(() => initialState(agentInput({}, { session: 'a\0' }))).toThrow(/input\.session: has a NUL/);
  expect(sessionProblem('')).toBeNull();
});
