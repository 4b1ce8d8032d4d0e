/** Gates: which hand-overs wait for a person, and what a person's answer does. */
import { compileTopology } from '../../../src/rules/topology/compile';
import { final, play, scenarioOf, to } from '../../support/scenarios';

const FLOWS = ['Start -> A', 'A -> B', 'A -> C', 'B -> End', 'C -> A', 'B -> A', 'A -> End'];
const played = (rules: readonly string[], script: object, ...answers: readonly unknown[]) =>
  play(scenarioOf(FLOWS, { ...script, User: answers.map((answer) => ({ answer, delay: '1h' })) }, { rules }));

const handOver = { A: [to('B', 'the plan')], B: [final('b')] };

describe('approve(A -> B)', () => {
  it.each(['yes', 'Ok.', true, 'go ahead', 'ja'])('lets the hand-over go on at %j', async (answer) => {
    const result = await played(['approve(A -> B)'], handOver, answer);
    expect(result).toMatchObject({ success: true, finalResponse: 'b', turns: 2 });
  });

  it.each(['no', 'nein', false])('fails the branch at %j, and B takes no turn', async (answer) => {
    const result = await played(['approve(A -> B)'], handOver, answer);
    expect(result).toMatchObject({ success: false, turns: 1 });
    expect(result.error).toContain('approve(A -> B): refused by a person');
  });

  it.each(["I don't think so", 'better wait', '', 'yes but no', 0, null, { yes: true }])(
    'never takes %j for a yes: it asks again',
    async (unclear) => {
      expect(await played(['approve(A -> B)'], handOver, unclear, 'no')).toMatchObject({ success: false, turns: 1 });
      expect(await played(['approve(A -> B)'], handOver, unclear, 'yes')).toMatchObject({ success: true, turns: 2 });
      const tired = await played(['approve(A -> B)'], handOver, ...Array.from({ length: 10 }, () => unclear));
      expect(tired).toMatchObject({ success: false, turns: 1 });
    },
  );

  it('concerns no other hand-over', async () => {
    const script = { A: [to('C', 1), final('a')], C: [to('A', 2)] };
    expect(await played(['approve(A -> B)'], script)).toMatchObject({ success: true, finalResponse: 'a' });
  });

  it('waits before a fan-out starts, once for each gate, and fails it as a whole', async () => {
    const script = { A: [to('B', 1, 'C', 2), final('a')], B: [final('b')], C: [final('c')] };
    const rules = ['approve(A -> B)', 'approve(A -> C)'];
    expect(await played(rules, script, 'yes', 'yes')).toMatchObject({ success: true, turns: 4 });
    expect(await played(rules, script, 'yes', 'no')).toMatchObject({ success: false, turns: 1 });
  });

  it('waits where a final response goes: to the end of the run, or back to the agent that fanned out', async () => {
    const script = { A: [final('a')] };
    expect(await played(['approve(A -> End)'], script, 'yes')).toMatchObject({ success: true, finalResponse: 'a' });
    expect(await played(['approve(A -> End)'], script, 'no')).toMatchObject({ success: false });
    const back = { A: [to('B', 1, 'C', 2), final('a')], B: [final('b')], C: [to('A', 'c')] };
    expect((await played(['approve(B -> A)'], back, 'no')).error).toContain('approve(B -> A): refused by a person');
  });
});

it.each([
  ['approve(A)', 'expected a flow, such as approve(A -> B)'],
  ['approve(A <-> B)', 'expected a flow, such as approve(A -> B)'],
  ['approve(X -> B)', 'unknown agent "X"'],
  ['approve(Start -> A)', 'unknown agent "Start"'],
  ['approve(B -> C)', 'the flows have no "B -> C"'],
  ['approve(A -> User)', 'unknown agent "User"'],
])('refuses %s', (rule, why) => {
  const compiled = compileTopology({ flows: FLOWS, rules: [rule] });
  expect(compiled.ok ? [] : compiled.problems.map(({ message }) => message)).toEqual([
    expect.stringContaining(why) as string,
  ]);
});

it('refuses the same gate twice', () => {
  const compiled = compileTopology({ flows: FLOWS, rules: ['approve(A -> B)', 'approve(A->B)'] });
  expect(compiled.ok).toBe(false);
});
