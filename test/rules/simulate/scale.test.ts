/** The time of a simulation grows no faster than its branches. */
import { final, scenarioOf, settle, to } from '../../support/scenarios';
import { simulate } from '../../../src/rules/simulate/simulate';

async function fanOut(branches: number): Promise<{ readonly turns: number; readonly tookMs: number }> {
  // A reply invokes at most 1,000 agents, so a lead has foremen, and these have the workers.
  const foremen = Array.from({ length: Math.max(2, branches / 1_000) }, (_, index) => `F${String(index)}`);
  const workersOf = (foreman: string) =>
    Array.from({ length: branches / foremen.length }, (_, index) => `${foreman}W${String(index)}`);
  const all = (agents: readonly string[]) => to(...agents.flatMap((agent) => [agent, 'work']));
  const scenario = scenarioOf(
    [
      'Start -> Lead',
      ...foremen.flatMap((foreman) => [
        `Lead <-> ${foreman}`,
        ...workersOf(foreman).map((worker) => `${foreman} <-> ${worker}`),
      ]),
    ],
    {
      Lead: [all(foremen), final('done')],
      ...Object.fromEntries(foremen.map((foreman) => [foreman, [all(workersOf(foreman)), final('done')]])),
      ...Object.fromEntries(
        foremen
          .flatMap(workersOf)
          .map((worker, index) => [worker, [{ ...final(index), delay: `${String(index % 13)}ms` }]]),
      ),
    },
    { rules: ['max_turns_total(20000)'] },
  );
  const began = performance.now();
  const { success, turns } = await simulate(scenario, { settle });
  expect(success).toBe(true);
  return { turns: turns - 2 * foremen.length, tookMs: performance.now() - began };
}

test('10,000 branches take seconds', async () => {
  await fanOut(1_000);
  const times: number[] = [];
  for (const branches of [100, 1_000, 10_000]) {
    const { turns, tookMs } = await fanOut(branches);
    expect(turns).toBe(branches + 2);
    times.push(tookMs / branches);
    console.log(`${String(branches)} branches: ${tookMs.toFixed(0)} ms, ${(tookMs / branches).toFixed(3)} ms each`);
  }
  const [hundred = 0, , tenThousand = Infinity] = times;
  // A square would be a hundred times as much; what is allowed beside that is the noise of a small sample.
  expect(tenThousand).toBeLessThan(10 * hundred);
  expect(10_000 * tenThousand).toBeLessThan(15_000);
});
