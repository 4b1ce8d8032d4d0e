/** The shapes of fan-outs, and a barrier that is stopped with its run. */
import { final, play, scenarioOf, to } from '../../support/scenarios';
import { inputsOf, sourcesOf } from './inputs';

describe('shapes', () => {
  test('two levels of fan-out, and a branch that answers a grandparent', async () => {
    const result = await play(
      scenarioOf(
        ['Start -> A', 'A <-> B', 'A <-> C', 'B <-> D', 'B <-> E', 'E -> A'],
        {
          A: [to('B', 1, 'C', 2), final('end')],
          B: [to('D', 1, 'E', 2), to('A', 'b')],
          C: [to('A', 'c')],
          D: [to('B', 'd')],
          E: [to('A', 'e')],
        },
        { rules: [] },
      ),
    );
    expect(result).toMatchObject({ success: true, finalResponse: 'end' });
    expect(sourcesOf(inputsOf(result, 'A')[1])).toEqual(['B', 'E', 'C']);
  });

  test('two branches of the same agent', async () => {
    const result = await play(
      scenarioOf(['Start -> A', 'A <-> B'], { A: [to('B', 1, 'B', 2), final('end')], B: [to('A', 'x'), to('A', 'y')] }),
    );
    expect(result.barriers[0]?.arrived).toEqual(['B', 'B#0.1']);
  });

  test('a fan-out to End beside workers: both values are the answer', async () => {
    const result = await play(
      scenarioOf(['Start -> A', 'A -> End', 'A <-> B'], {
        A: [to('End', 'early', 'B', 1), final('late')],
        B: [to('A', 'b')],
      }),
    );
    expect(result).toMatchObject({ success: true, finalResponse: ['early', 'late'] });
    expect(result.barriers.at(-1)).toMatchObject({ agent: null, arrived: ['A'] });
  });

  test('a loop back to the agent that fanned out, which ends in its second round', async () => {
    const result = await play(
      scenarioOf(['Start -> A', 'A <-> B', 'A <-> C', 'A -> End'], {
        A: [to('B', 1, 'C', 1), to('B', 2, 'C', 2), to('End', 'two rounds')],
        B: [{ ...to('A', 'b'), repeat: true }],
        C: [{ ...to('A', 'c'), repeat: true }],
      }),
    );
    expect(result).toMatchObject({ success: true, finalResponse: 'two rounds', turns: 7 });
    expect(result.branches.map(({ id }) => id)).toEqual(['0', '0.0', '0.1', '0.2', '0.3']);
  });

  test('a swarm of ten that hand over to each other', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `S${String(index)}`);
    const flows = [
      'Start -> S0',
      ...names.flatMap((a) => names.filter((b) => b > a).map((b) => `${a} <-> ${b}`)),
      'S9 -> End',
    ];
    const script = Object.fromEntries(
      names.map((name, index) => [name, [index === 9 ? to('End', 'all') : to(`S${String(index + 1)}`, index)]]),
    );
    const result = await play(scenarioOf(flows, script));
    expect(result).toMatchObject({ success: true, finalResponse: 'all', turns: 10 });
    expect(result.branches[0]?.agents).toEqual(names);
  });

  test('several successors of Start: their values are a list in the order of arrival', async () => {
    const result = await play(
      scenarioOf(['Start -> A', 'Start -> B'], {
        A: [{ ...final('a'), delay: '20ms' }],
        B: [{ ...final('b'), delay: '10ms' }],
      }),
    );
    expect(result).toMatchObject({ success: true, finalResponse: ['b', 'a'] });
    expect(result.branches.map(({ id }) => id)).toEqual(['0', '1']);
  });
});

test('a barrier that is stopped with its run is recorded as cancelled, with what had arrived', async () => {
  const script = { A: [to('B', 1, 'C', 2), final('end')], B: [final(1)], C: [{ ...final(2), delay: '1h' }] };
  const result = await play(
    scenarioOf(['Start -> A', 'A <-> B', 'A <-> C'], script, { rules: ['timeout(60)', 'agent_timeout(default:7200)'] }),
  );
  expect(result).toMatchObject({ success: false, error: 'timeout(60) reached' });
  expect(result.barriers).toMatchObject([
    { branch: '0', arrived: ['B'], outcome: 'cancelled' },
    { branch: null, outcome: 'cancelled' },
  ]);
});
