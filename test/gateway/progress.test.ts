/** The progress of turns: in memory, four a second and turn, shown with the turns that a run waits for. */
import { agentToken } from '../../src/contract/agent/token';
import type { RunView } from '../../src/contract/run';
import { ProgressBoard } from '../../src/gateway/progress';
import { SECRET, withLoneGateway } from './listening';

const A = { fleet: 'mars', agent: 'A' };

function run(...turnIds: readonly string[]): RunView {
  const wait = { branch: '0', agent: 'A', attempt: 1, since: null, startedAt: null, askAgainAt: null } as const;
  return {
    fleet: 'mars',
    run: 'r',
    state: 'running',
    question: null,
    result: null,
    branches: [],
    compensation: null,
    waits: turnIds.map((turnId) => ({ ...wait, turnId, isStill: false, why: 'works on it' })),
  };
}

describe('the board', () => {
  it('shows the last progress of the turns that a run waits for, and no other', () => {
    const board = new ProgressBoard(() => 0);
    board.report(A, 'r/0/1', { text: 'reads' });
    board.report(A, 'r/0/1', { text: 'writes', done: 1 });
    board.report(A, 'r/0/2', { text: 'of another turn' });
    board.report({ ...A, fleet: 'venus' }, 'r/0/1', { text: 'of another fleet' });
    const { progress } = board.withProgress(run('r/0/1'));
    expect(progress).toEqual([
      { ...A, run: 'r', turnId: 'r/0/1', text: 'writes', done: 1, at: expect.any(String) as string },
    ]);
    expect(board.withProgress(run('r/0/9'))).toEqual(run('r/0/9'));
  });

  it('takes four a second of one turn, from each turn', () => {
    let now = 0;
    const board = new ProgressBoard(() => now);
    const report = (turnId = 'r/0/1') => board.report(A, turnId, { done: now });
    for (now = 0; now < 400; now += 100) report();
    expect(() => report()).toThrow(/more than 4 reports of progress a second/);
    report('r/0/2');
    now = 1_000;
    report();
    expect(() => report()).toThrow(/more than 4/);
  });

  it('keeps 10,000 turns', () => {
    const board = new ProgressBoard(() => 0);
    for (let turn = 0; turn <= 10_000; turn += 1) board.report(A, `r/0/${String(turn)}`, { done: turn });
    const { progress = [] } = board.withProgress(run('r/0/0', 'r/0/1', 'r/0/10000'));
    expect(progress.map(({ done }) => done)).toEqual([1, 10_000]);
  });

  it('tells listeners until they leave', () => {
    const board = new ProgressBoard(() => 0);
    const heard: unknown[] = [];
    const leave = board.follow(({ text }) => heard.push(text));
    board.report(A, 'r/0/1', { text: 'one' });
    leave();
    board.report(A, 'r/0/1', { text: 'two' });
    expect(heard).toEqual(['one']);
  });
});

it('the call takes what is right from the agent itself, does not count as its calls, and says what is wrong', async () => {
  await withLoneGateway(
    async (url) => {
      const post = async (body: unknown, { turnId = 'r/0/1', token = agentToken(SECRET, 'mars', 'A') } = {}) => {
        const answer = await fetch(`${url}/v1/agents/mars/A/turns/${encodeURIComponent(turnId)}/progress`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        const { detail = '' } = (await answer.json()) as { readonly detail?: string };
        return `${String(answer.status)} ${detail}`;
      };
      expect(await post({ text: 'a', tool: 'bash', done: 1, total: 2 })).toBe('200 ');
      expect(await post({ done: 0 }, { turnId: `r/${'0.'.repeat(400)}0/1` })).toBe('200 ');
      expect(await post({ done: 1 }, { token: agentToken(SECRET, 'mars', 'B') })).toMatch(/^403 /);
      expect(await post({})).toMatch(/^422 .*at least one of text, tool, done, total/);
      expect(await post({ done: -1 })).toMatch(/^422 \/done/);
      expect(await post({ text: 'x'.repeat(1_001) })).toMatch(/^422 \/text/);
      expect(await post({ note: 'x' })).toMatch(/^422 \/note: unknown key; known are text, tool, done, total/);
      expect(await post({ done: 1 }, { turnId: 'x'.repeat(1_001) })).toMatch(/^422 path turnId/);
      const more = await Promise.all(Array.from({ length: 8 }, () => post({ done: 1 }, { turnId: 'r/0/2' })));
      expect(more.filter((answer) => answer.startsWith('429 more than 4 reports of progress a second'))).toHaveLength(
        4,
      );
    },
    { agentCallsPerMinute: 1 },
  );
});
