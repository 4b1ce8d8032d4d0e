/** Convergence: how many sources a barrier needs, and the effect of fewer. */
import { final, play, scenarioOf, to } from '../../support/scenarios';
import { inputsOf } from './inputs';

describe('convergence', () => {
  const flows = ['Start -> A', 'A <-> B', 'A <-> C', 'A <-> D', 'A -> User', 'A -> End'];
  const fanOut = to('B', 1, 'C', 2, 'D', 3);
  const died = { action: 'fail', error: 'died' };

  test('majority: two of three are enough, and the agent hears who failed', async () => {
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [died], D: [final(3)] };
    const result = await play(scenarioOf(flows, script, { convergence: 'majority' }));
    expect(result.success).toBe(true);
    expect(inputsOf(result, 'A')[1]).toMatchObject({
      kind: 'results',
      failures: [{ from: 'C', branch: '0.1', error: 'died' }],
    });
  });

  test.each([
    { answer: 'yes', success: true },
    { answer: 'no', success: false },
    { answer: ' Yes! ', success: true },
    { answer: true, success: true },
    { answer: 'go ahead', success: true },
    { answer: 'Nein', success: false },
    { answer: false, success: false },
  ])('user: asked, and told "$answer"', async ({ answer, success }) => {
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [died], D: [died], User: [{ answer }] };
    const result = await play(scenarioOf(flows, script, { convergence: 'user' }));
    expect(result.success).toBe(success);
  });

  test.each(["I don't think so", 'better wait', 'please hold off', 'yes, but not now', 'nah, yes?', '', 1, null, {}])(
    'user: %j is neither yes nor no, and is asked again',
    async (answer) => {
      const human = { User: [{ answer }, { answer: 'no' }] };
      const script = { A: [fanOut, final('end')], B: [final(1)], C: [died], D: [died], ...human };
      expect(await play(scenarioOf(flows, script, { convergence: 'user' }))).toMatchObject({ success: false });
      const again = { ...script, User: [{ answer }, { answer: 'yes' }] };
      expect(await play(scenarioOf(flows, again, { convergence: 'user' }))).toMatchObject({ success: true });
    },
  );

  test('user: a person who never gives a clear word does not let the run go on', async () => {
    const human = { User: [{ answer: 'perhaps', repeat: true }] };
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [died], D: [died], ...human };
    expect(await play(scenarioOf(flows, script, { convergence: 'user' }))).toMatchObject({ success: false });
  });

  test('a quorum fires early; the rest is abandoned', async () => {
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [final(2)], D: [{ ...final(3), delay: '1m' }] };
    const result = await play(scenarioOf(flows, script, { convergence: { quorum: 2 } }));
    expect(result).toMatchObject({ success: true, finalResponse: 'end' });
    expect(result.barriers[0]).toMatchObject({ arrived: ['B', 'C'], failed: [], outcome: 'fired' });
    expect(result.branches.find(({ id }) => id === '0.2')).toMatchObject({ outcome: 'abandoned', turns: 0 });
  });

  test('without terminateOrphans the rest runs on, its results unused', async () => {
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [final(2)], D: [{ ...final(3), delay: '1m' }] };
    const result = await play(scenarioOf(flows, script, { convergence: { quorum: 2, terminateOrphans: false } }));
    expect(result).toMatchObject({ success: true, finalResponse: 'end', turns: 5 });
    expect(result.branches.find(({ id }) => id === '0.2')).toMatchObject({ outcome: 'completed', turns: 1 });
  });

  test('what runs on ends with the run', async () => {
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [final(2)], D: [{ ...final(3), delay: '1h' }] };
    const convergence = { quorum: 2, terminateOrphans: false };
    const result = await play(
      scenarioOf(flows, script, { convergence, rules: ['timeout(5)', 'agent_timeout(default:7200)'] }),
    );
    expect(result).toMatchObject({ success: false, error: 'timeout(5) reached' });
    expect(result.branches.find(({ id }) => id === '0.2')).toMatchObject({ outcome: 'abandoned', turns: 0 });
  });

  test('a source has one name, whether it arrived or failed', async () => {
    const script = { A: [to('B', 1, 'B', 2), final('end')], B: [final(1), died] };
    const result = await play(scenarioOf(['Start -> A', 'A <-> B'], script, { convergence: 'any' }));
    expect(result.barriers[0]).toMatchObject({ arrived: ['B'], failed: [{ from: 'B#0.1', branch: '0.1' }] });
  });

  test('a quorum that can no longer be reached is insufficient', async () => {
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [died], D: [died] };
    const result = await play(scenarioOf(flows, script, { convergence: { quorum: 2 } }));
    expect(result.error).toContain('insufficient arrivals: 1 of 3, 2 needed (C: died; D: died)');
  });

  test('a barrier that runs out of time counts what is missing as failed', async () => {
    const script = { A: [fanOut, final('end')], B: [final(1)], C: [final(2)], D: [{ ...final(3), delay: '6m' }] };
    const result = await play(scenarioOf(flows, script, { convergence: { minRatio: 0.5, timeout: '5m' } }));
    expect(result.success).toBe(true);
    expect(result.barriers[0]).toMatchObject({
      arrived: ['B', 'C'],
      failed: [{ from: 'D', branch: '0.2', error: 'barrier timeout(5m) reached' }],
    });
  });

  test('without any value the run has no answer', async () => {
    const result = await play(
      scenarioOf(['Start -> A', 'A -> B', 'C -> B', 'B -> End', 'Start -> C'], {
        A: [{ action: 'fail', error: 'a' }],
        C: [{ action: 'fail', error: 'c' }],
      }),
    );
    expect(result.error).toBe('ROOT failure: insufficient arrivals: 0 of 2 (A: a; C: c)');
  });
});

describe('a failure two levels down', () => {
  const flows = ['Start -> A', 'A <-> B', 'A <-> C', 'B <-> D', 'B <-> E', 'A -> User', 'B -> User'];
  const script = {
    A: [to('B', 1, 'C', 2), final('end')],
    B: [to('D', 1, 'E', 2), to('A', 'b')],
    C: [to('A', 'c')],
    D: [{ action: 'fail', error: 'd died' }],
    E: [to('B', 'e')],
  };
  const inner = 'insufficient arrivals: 1 of 2 (D: d died)';
  const outer = `insufficient arrivals: 1 of 2 (B: ${inner})`;
  const failed = { success: false, error: `ROOT failure: insufficient arrivals: 0 of 1 (A: ${outer})` };
  const fine = { success: true, finalResponse: 'end' };
  const yes = { User: [{ answer: 'yes', repeat: true }] };
  const no = { User: [{ answer: 'no', repeat: true }] };

  test.each([
    { convergence: 'strict' as const, human: {}, expected: failed, turnsOfA: 1 },
    // A human who would say yes is not asked.
    { convergence: 'strict' as const, human: yes, expected: failed, turnsOfA: 1 },
    { convergence: 'majority' as const, human: {}, expected: failed, turnsOfA: 1 },
    { convergence: 'any' as const, human: {}, expected: fine, turnsOfA: 2 },
    { convergence: 0.5, human: {}, expected: fine, turnsOfA: 2 },
    { convergence: 'user' as const, human: yes, expected: fine, turnsOfA: 2 },
    { convergence: 'user' as const, human: no, expected: failed, turnsOfA: 1 },
    { convergence: { quorum: 1, terminateOrphans: false }, human: {}, expected: fine, turnsOfA: 2 },
    { convergence: { onInsufficient: 'proceed' as const }, human: {}, expected: fine, turnsOfA: 2 },
  ])('under $convergence', async ({ convergence, human, expected, turnsOfA }) => {
    const result = await play(scenarioOf(flows, { ...script, ...human }, { convergence }));
    expect(result).toMatchObject(expected);
    expect(result.branches[0]?.turns).toBe(turnsOfA);
    const died = result.branches.find(({ agents }) => agents[0] === 'D');
    expect(died).toMatchObject({ outcome: 'failed', error: 'd died' });
    const [below] = result.barriers.filter(({ branch }) => branch === '0.0');
    expect(below?.arrived).toEqual(['E']);
    expect(below?.outcome).toBe(expected === failed ? 'failed' : 'fired');
  });
});

describe('a human who is asked whether to proceed', () => {
  const flows = ['Start -> A', 'A <-> B', 'A <-> C', 'A -> User'];
  const agents = { A: [to('B', 1, 'C', 2), final('end')], B: [final(1)], C: [{ action: 'fail', error: 'c died' }] };
  const answers = (...words: string[]) =>
    play(scenarioOf(flows, { ...agents, User: words.map((answer) => ({ answer })) }, { convergence: 'user' }));
  const unclear = (count: number) => Array.from({ length: count }, () => 'perhaps');

  test('may answer unclearly nine times; the tenth fails', async () => {
    expect(await answers(...unclear(9), 'yes')).toMatchObject({ success: true, finalResponse: 'end' });
    expect(await answers(...unclear(10), 'yes')).toMatchObject({
      success: false,
      error: 'ROOT failure: insufficient arrivals: 0 of 1 (A: insufficient arrivals: 1 of 2 (C: c died))',
    });
  });
});
