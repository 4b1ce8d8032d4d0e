/** The waits of a run's branches, by table: every reason for a turn without an answer. */
import type { OpenTurn } from '../../../src/contract/agent/open-turn';
import type { BranchView, RunView } from '../../../src/contract/run';
import type { AgentState } from '../../../src/rules/agent/state';
import { agentView } from '../../../src/rules/agent/view';
import { branchWait, type SeenAgent, waitText } from '../../../src/rules/run/waits';
import { SECOND, T0, agentIn } from '../agent/agents';

const iso = (at: number): string => new Date(at).toISOString();

const run: RunView = {
  fleet: 'mars',
  run: 'r1',
  state: 'running',
  question: null,
  result: null,
  branches: [],
  compensation: null,
};
const branch: BranchView = {
  fleet: 'mars',
  run: 'r1',
  branch: '0.1',
  agent: 'A',
  state: 'running',
  turns: 0,
  waitingFor: 'turn',
  barrier: null,
};
const queued: OpenTurn = {
  turnId: 'r1/0.1/1',
  run: 'r1',
  branch: '0.1',
  state: 'queued',
  attempt: 0,
  since: iso(T0),
  startedAt: null,
  askAgainAt: null,
  before: 0,
  error: null,
};
const seen = (state: AgentState, turn: Partial<OpenTurn> | null = {}, more = 0): SeenAgent => ({
  view: {
    ...agentView(state),
    turns: { inFlight: 0, queued: more },
    openTurns: turn === null ? [] : [{ ...queued, ...turn }],
  },
});
const ready = agentIn('running', 'running');
const used = 'pool claude is used up until 15:10';
const poolHold = { ...agentIn('paused', 'paused'), holds: [{ name: 'subscription', reason: used, since: iso(T0) }] };
const busy = { attempt: 2, askAgainAt: iso(T0 + 4 * SECOND), error: 'answered 503 (busy)' };

test.each<[string, SeenAgent, string, boolean]>([
  [
    'a paused agent',
    seen(agentIn('paused', 'paused')),
    'mars/A: Paused by operator since 2026-03-01 12:00 UTC: drover resume mars/A',
    true,
  ],
  [
    'a paused agent with its turn in flight',
    seen(agentIn('paused', 'paused'), { state: 'in_flight', attempt: 1, startedAt: iso(T0) }),
    'mars/A: Paused by operator since 2026-03-01 12:00 UTC: drover resume mars/A',
    true,
  ],
  ['a pool that is used up', seen(poolHold), `mars/A: Held by subscription: ${used}`, true],
  ['an agent that answers 503', seen(ready, busy), 'mars/A answered 503 (busy), asked again in 4 s, attempt 3', true],
  [
    'an attempt that is due',
    seen(ready, { ...busy, askAgainAt: iso(T0) }),
    'mars/A answered 503 (busy), asked again next, attempt 3',
    true,
  ],
  ['a queue', seen(ready, { before: 2 }), '2 turns of mars/A before it', true],
  ['a queue of one', seen(ready, { before: 1 }), '1 turn of mars/A before it', true],
  ['a full queue', seen(ready, null, 7), '7 turns wait at mars/A before it', true],
  ['a request on its way', seen(ready, null), 'asks mars/A for a turn', false],
  [
    'work',
    seen(ready, { state: 'in_flight', attempt: 1, startedAt: iso(T0 - 12 * SECOND) }),
    'mars/A works on it for 12 s',
    false,
  ],
  [
    'another attempt',
    seen(ready, { state: 'in_flight', attempt: 2, startedAt: iso(T0), error: 'answered 503' }),
    'mars/A works on it (attempt 2; before, it answered 503) for 0 s',
    false,
  ],
  [
    'no endpoint',
    seen({ ...ready, instance: { ...ready.instance, endpoint: null } }),
    'mars/A: Without an endpoint: it works after a beat that names one',
    true,
  ],
  [
    'an agent that is gone',
    { error: 'agent mars/A is not there' },
    'mars/A does not answer: agent mars/A is not there',
    true,
  ],
])('%s', (_, agent, text, isStill) => {
  const wait = branchWait(run, branch, agent);
  expect(waitText(wait, T0)).toContain(text);
  expect([wait.isStill, wait.branch, wait.agent]).toEqual([isStill, '0.1', 'A']);
});

test('the replica that has the turn is named', () => {
  const wait = branchWait(run, { ...branch, replica: 'A-2' }, seen(agentIn('paused', 'paused')));
  expect([wait.agent, wait.why]).toEqual(['A-2', expect.stringMatching(/^mars\/A-2: Paused by operator/)]);
});

test.each<[string, Partial<RunView>, Partial<BranchView>, string]>([
  [
    'its own question',
    { question: { question: 'q', agent: 'A', branch: '0.1', since: iso(T0) } },
    { waitingFor: 'human' },
    'waits for an answer to its question: drover answer mars/r1 TEXT',
  ],
  [
    'the question of another branch',
    { question: { question: 'q', agent: 'B', branch: '0.2', since: iso(T0) } },
    { waitingFor: 'human' },
    'waits until an earlier question of the run is answered',
  ],
  ['its branches', {}, { waitingFor: 'barrier', running: 1 }, 'waits for 1 branch below it'],
  ['a paused run', { state: 'paused' }, { waitingFor: null }, 'the run is paused: drover runs resume mars/r1'],
  ['a script', { scripted: true }, {}, 'mars/A replies by its script'],
])('%s', (_, ofRun, ofBranch, text) => {
  expect(branchWait({ ...run, ...ofRun }, { ...branch, ...ofBranch }, null).why).toBe(text);
});
