/** The usage of a run's turns, and replies with more than their action. */
import { final, play, scenarioOf, to } from '../../support/scenarios';
import { playRecorded } from '../../support/recorded-run';

const usage = (costUsd: number) => ({ costUsd, inputTokens: 10 });

test('a run sums the usage of all of its branches, each turn once', async () => {
  const scenario = scenarioOf(['Start -> A', 'A <-> B', 'A <-> C'], {
    A: [
      { ...to('B', 1, 'C', 2), usage: usage(1) },
      { action: 'dance', usage: usage(100) },
      { ...final('end'), usage: usage(2) },
    ],
    B: [{ ...final('b'), usage: usage(4) }],
    C: [{ action: 'fail', error: 'no', usage: usage(8) }],
  });
  const any = { ...scenario, topology: { ...scenario.topology, convergence: 'any' as const } };
  const result = await play(any);
  expect(result).toMatchObject({ success: true, turns: 5 });
  expect(result.usage).toEqual({ turns: 4, costUsd: 15, inputTokens: 40, outputTokens: 0 });
  expect(result.branches.map(({ id, usage: own }) => [id, own?.costUsd])).toEqual([
    ['0', 3],
    ['0.0', 4],
    ['0.1', 8],
  ]);
});

test('a run whose agents report nothing has no usage', async () => {
  expect(await play(scenarioOf(['Start -> A'], { A: [final('end')] }))).not.toHaveProperty('usage');
});

test('unknown keys, wrong usage and long metadata cost no further turn', async () => {
  const { result, requests } = await playRecorded(
    scenarioOf(['Start -> A', 'A -> B'], {
      A: [{ ...to('B', 1), reasoning: 'long', usage: 'much', metadata: 'x'.repeat(9_000) }],
      B: [{ ...final('end'), tokens: 5 }],
    }),
  );
  expect(result).toMatchObject({ success: true, finalResponse: 'end', turns: 2 });
  expect(requests.map(({ input }) => input.kind)).toEqual(['task', 'request']);
});
