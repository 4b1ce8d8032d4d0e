/** Rendezvous: nodes where paths meet run once, with all values. */
import { final, play, scenarioOf, to } from '../../support/scenarios';
import { inputsOf, sourcesOf } from './inputs';

describe('rendezvous', () => {
  test('two meeting points where one feeds the other run once each, with all their sources', async () => {
    const result = await play(
      scenarioOf(
        [
          'Start -> A',
          'A -> B1',
          'A -> B2',
          'B1 -> C1',
          'B1 -> C2',
          'B2 -> D',
          'B2 -> C2',
          'C1 -> D',
          'C2 -> D',
          'D -> A',
        ],
        {
          A: [to('B1', 1, 'B2', 2), final('end')],
          B1: [to('C1', 'b1', 'C2', 'b1')],
          B2: [to('D', 'b2', 'C2', 'b2')],
          C1: [to('D', 'c1')],
          C2: [to('D', 'c2')],
          D: [to('A', 'd')],
        },
      ),
    );
    expect(result).toMatchObject({ success: true, finalResponse: 'end' });
    expect(inputsOf(result, 'C2').map(sourcesOf)).toEqual([['B1', 'B2']]);
    expect(inputsOf(result, 'D').map(sourcesOf)).toEqual([['C1', 'B2', 'C2']]);
    expect(result.barriers.find(({ branch }) => branch === '0')).toMatchObject({ arrived: ['D'], failed: [] });
  });

  test('one that ends the run', async () => {
    const result = await play(
      scenarioOf(['Start -> A', 'A -> B', 'A -> C', 'B -> D', 'C -> D', 'D -> End'], {
        A: [to('B', 1, 'C', 2)],
        B: [to('D', 'b')],
        C: [to('D', 'c')],
        D: [to('End', 'met')],
      }),
    );
    expect(result).toMatchObject({ success: true, finalResponse: 'met', turns: 4 });
    expect(result.barriers[0]).toMatchObject({ agent: 'A', arrived: [], failed: [], outcome: 'cancelled' });
  });

  test('a cycle of kept ones: the first one kept goes first', async () => {
    const result = await play(
      scenarioOf(
        [
          'Start -> A',
          'A -> B',
          'A -> C',
          'B -> X',
          'B -> Y',
          'C -> X',
          'C -> Y',
          'X -> Y',
          'Y -> X',
          'X -> A',
          'Y -> A',
        ],
        {
          A: [to('B', 1, 'C', 2), final('end')],
          B: [{ ...to('Y', 'b'), delay: '1ms' }],
          C: [{ ...to('X', 'c'), delay: '2ms' }],
          Y: [to('X', 'y')],
          X: [to('A', 'x')],
        },
      ),
    );
    expect(result).toMatchObject({ success: true, finalResponse: 'end' });
    expect(inputsOf(result, 'Y').map(sourcesOf)).toEqual([['B']]);
    expect(inputsOf(result, 'X').map(sourcesOf)).toEqual([['C', 'Y']]);
  });

  test('runs as early as reach allows: it does not wait for what cannot come to it', async () => {
    const result = await play(
      scenarioOf(
        ['Start -> A', 'A <-> S', 'A -> B', 'A -> C', 'B -> D', 'C -> D', 'D -> A'],
        {
          A: [to('S', 0, 'B', 1, 'C', 2), final('end')],
          S: [{ ...to('A', 'slow'), delay: '1h' }],
          B: [to('D', 'b')],
          C: [to('D', 'c')],
          D: [to('A', 'd')],
        },
        { rules: ['agent_timeout(default:7200)'] },
      ),
    );
    expect(result.success).toBe(true);
    expect(result.trace?.map(({ agent }) => agent)).toEqual(['A', 'B', 'C', 'D', 'S', 'A']);
  });
});
