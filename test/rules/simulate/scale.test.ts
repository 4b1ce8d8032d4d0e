/** A simulation waits for the event loop no more often than its branches ask for. What it takes: `npm run bench`. */
import { final, scenarioOf, settle, to } from '../../support/scenarios';
import { simulate } from '../../../src/rules/simulate/simulate';

async function fanOut(branches: number): Promise<{ readonly turns: number; readonly waits: number }> {
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
  let waits = 0;
  const counted = (): Promise<void> => {
    waits += 1;
    return settle();
  };
  const { success, turns } = await simulate(scenario, { settle: counted });
  expect(success).toBe(true);
  return { turns: turns - 2 * foremen.length, waits };
}

test('10,000 branches wait once for each of their turns', async () => {
  for (const branches of [100, 1_000, 10_000]) {
    const { turns, waits } = await fanOut(branches);
    expect(turns).toBe(branches + 2);
    expect(waits).toBeLessThan(1.2 * branches + 50);
  }
});
