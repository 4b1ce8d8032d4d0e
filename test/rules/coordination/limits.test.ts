import type { RunResult } from '../../../src/contract/run';
import { MOST_INVOCATIONS, SIZE_LIMITS } from '../../../src/contract/agent/turns';
import { final, play, scenarioOf, to } from '../../support/scenarios';

const PING_PONG = ['Start -> A', 'A <-> B', 'A -> End'];
const forever = { A: [{ ...to('B', 1), repeat: true }], B: [{ ...to('A', 1), repeat: true }] };

test.each([
  { rules: ['max_steps(20)'], error: 'max_steps(20) reached', turns: 20 },
  { rules: [], error: 'max_steps(200) reached', turns: 200 },
  { rules: ['max_turns_total(7)'], error: 'max_turns_total(7) reached', turns: 7 },
  { rules: ['max_turns(A <-> B, 5)'], error: 'max_turns(A <-> B, 5) reached', turns: 6 },
])('an endless loop ends by $error', async ({ rules, error, turns }) => {
  const result = await play(scenarioOf(PING_PONG, forever, { rules }));
  expect(result).toMatchObject({
    success: false,
    error: `ROOT failure: insufficient arrivals: 0 of 1 (${result.branches[0]?.agents.at(-1) ?? ''}: ${error})`,
    turns,
  });
});

test.each(['max_steps(9)', 'max_turns_total(30)'])('an endless loop through a rendezvous ends by %s', async (rule) => {
  const result = await play(
    scenarioOf(
      ['Start -> A', 'A -> B', 'A -> C', 'B -> D', 'C -> D', 'D -> B', 'D -> C'],
      {
        A: [to('B', 0, 'C', 0)],
        B: [{ ...to('D', 1), repeat: true }],
        C: [{ ...to('D', 1), repeat: true }],
        D: [{ ...to('B', 1), repeat: true }],
      },
      { rules: [rule] },
    ),
  );
  expect(result.success).toBe(false);
  expect(result.error).toContain(`${rule} reached`);
});

test('the run runs out of time, in virtual seconds', async () => {
  const script = { A: [{ ...to('B', 1), delay: '2m' }], B: [{ ...to('A', 1), delay: '2m' }] };
  const result = await play(scenarioOf(PING_PONG, script, { rules: ['timeout(180)'] }));
  expect(result).toMatchObject({ success: false, finalResponse: null, error: 'timeout(180) reached', turns: 1 });
  expect(result.branches).toMatchObject([{ id: '0', outcome: 'abandoned' }]);
});

test('waiting for the human does not count', async () => {
  const script = {
    A: [{ action: 'ask', question: 'go on?' }, final('went on')],
    User: [{ answer: 'yes', delay: '72h' }],
  };
  const result = await play(scenarioOf(['Start -> A', 'A -> User'], script, { rules: ['timeout(180)'] }));
  expect(result).toMatchObject({ success: true, finalResponse: 'went on' });
});

test.each([
  { rules: ['agent_timeout(A:120)'], error: 'agent_timeout(A:120) reached', delay: '121s' },
  { rules: ['agent_timeout(B:1, default:90)'], error: 'agent_timeout(default:90) reached', delay: '91s' },
  { rules: [], error: 'agent_timeout(default:600) reached', delay: '601s' },
])('a turn that takes $delay under $rules', async ({ rules, error, delay }) => {
  const result = await play(scenarioOf(PING_PONG, { A: [{ ...final(1), delay }] }, { rules }));
  expect(result.branches[0]?.error).toBe(error);
});

test('parallel agents are invoked together or not at all', async () => {
  const flows = ['Start -> A', 'A <-> B', 'A <-> C'];
  const script = { A: [to('B', 1), to('B', 1, 'C', 1), final('end')], B: [final(1)], C: [final(1)] };
  const result = await play(scenarioOf(flows, script, { rules: ['parallel(B, C)'] }));
  expect(result).toMatchObject({ success: true, turns: 5 });
  expect(result.trace?.[1]?.input).toMatchObject({
    kind: 'invalid',
    reason: 'parallel(B, C): Agent A must invoke all of them together, missing: [C]',
  });
});

test('the fourth invalid reply in a row fails the branch', async () => {
  const bad = [{ action: 'dance' }, to('Nobody', 1), { action: 'invoke', invocations: [] }, { action: 'final' }];
  const result = await play(scenarioOf(PING_PONG, { A: bad }));
  expect(result.branches[0]).toMatchObject({ outcome: 'failed', turns: 4 });
  expect(result.branches[0]?.error).toBe('4 invalid replies in a row: reply.response: is missing');
});

describe('the agents that one reply invokes', () => {
  const reasons = ({ trace = [] }: RunResult): unknown[] =>
    trace.flatMap(({ input }) => (input.kind === 'invalid' ? [[input.reason, input.reply === null]] : []));
  const many = (count: number, request: unknown = 1) =>
    to(...Array.from({ length: count }, () => ['B', request]).flat());

  test('are at most 1,000: more is an invalid reply, and says how many there were', async () => {
    const over = [many(1_001), many(20_000, 'y'.repeat(50)), many(MOST_INVOCATIONS), final('end')];
    const B = [{ ...final(1), repeat: true }];
    const result = await play(scenarioOf(PING_PONG, { A: over, B }, { rules: ['max_turns_total(5000)'] }));
    expect(result).toMatchObject({ success: true, turns: 1_004 });
    const said = (count: number) =>
      `LimitReached: reply.invocations: ${String(count)} entries, at most 1000 are allowed in one reply`;
    // A reply that is too large to be shown again is not: only why it was refused.
    expect(reasons(result)).toEqual([
      [said(1_001), false],
      [said(20_000), true],
    ]);
  });

  test('are no more than max_turns_total leaves turns for', async () => {
    const B = [{ ...final(1), repeat: true }];
    const play3 = (count: number) =>
      play(
        scenarioOf(
          PING_PONG,
          { A: [many(count), to('B', 1, 'B', 2), final('end')], B },
          { rules: ['max_turns_total(6)'] },
        ),
      );
    expect(await play3(5)).toMatchObject({ success: false, turns: 6 });
    const over = await play3(6);
    expect(over).toMatchObject({ success: true, turns: 5 });
    expect(reasons(over)).toEqual([
      ['LimitReached: reply.invocations: 6 branches need as many turns, max_turns_total(6) leaves 5', false],
    ]);
  });

  test('count as branches only where they are some: what goes to a waiting agent costs no turn', async () => {
    const script = { A: [to('B', 1, 'B', 2), final('end')], B: [to('A', 1, 'A', 2), to('A', 1, 'A', 2)] };
    expect(await play(scenarioOf(PING_PONG, script, { rules: ['max_turns_total(4)'] }))).toMatchObject({
      success: true,
      turns: 4,
    });
  });
});

test('a script that runs out fails its branch', async () => {
  const result = await play(scenarioOf(PING_PONG, { A: [to('B', 1)] }));
  expect(result.error).toContain('(B: script exhausted: B)');
});

describe('sizes', () => {
  const sized = (bytes: number): string => 'x'.repeat(bytes - 2);

  test('a value of exactly the limit works, one byte more is LimitReached', async () => {
    const under = await play(scenarioOf(PING_PONG, { A: [final(sized(SIZE_LIMITS.value))] }));
    expect(under.success).toBe(true);
    const over = await play(scenarioOf(PING_PONG, { A: [final(sized(SIZE_LIMITS.value + 1))] }));
    expect(over.error).toContain('LimitReached: response is 262145 bytes, at most 262144 are allowed');
  });

  test('results in all', async () => {
    const flows = ['Start -> A', 'A <-> B', 'A <-> C'];
    const half = SIZE_LIMITS.results / 2;
    const play2 = (b: number, c: number) =>
      play(scenarioOf(flows, { A: [to('B', 1, 'C', 1), final('end')], B: [final(sized(b))], C: [final(sized(c))] }));
    expect((await play2(half, half)).success).toBe(true);
    expect((await play2(half, half + 1)).error).toContain('LimitReached: results is 491521 bytes');
  });
});

test('a task that is too large is not begun', async () => {
  const task = (bytes: number) => 'x'.repeat(bytes - '""'.length);
  const scenario = scenarioOf(PING_PONG, { A: [final(1)] });
  expect(await play({ ...scenario, task: task(SIZE_LIMITS.value) })).toMatchObject({ success: true });
  await expect(play({ ...scenario, task: task(SIZE_LIMITS.value + 1) })).rejects.toMatchObject({
    code: 'LimitReached',
    message: 'task is 262145 bytes, at most 262144 are allowed',
  });
});
