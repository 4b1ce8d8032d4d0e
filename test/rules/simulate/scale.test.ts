/** The time of a simulation grows no faster than its branches. */
import { final, scenarioOf, settle, to } from '../../support/scenarios';
import { simulate } from '../../../src/rules/simulate/simulate';

async function fanOut(branches: number): Promise<{ readonly turns: number; readonly tookMs: number }> {
  const workers = Array.from({ length: branches }, (_, index) => `W${String(index)}`);
  const scenario = scenarioOf(
    ['Start -> Lead', ...workers.map((worker) => `Lead <-> ${worker}`)],
    {
      Lead: [to(...workers.flatMap((worker) => [worker, 'work'])), final('done')],
      ...Object.fromEntries(
        workers.map((worker, index) => [worker, [{ ...final(index), delay: `${String(index % 13)}ms` }]]),
      ),
    },
    { rules: ['max_turns_total(20000)'] },
  );
  const began = performance.now();
  const { success, turns } = await simulate(scenario, { settle });
  expect(success).toBe(true);
  return { turns, tookMs: performance.now() - began };
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
