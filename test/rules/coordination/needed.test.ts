/** How many sources a barrier needs, as an open one shows it: the least number that is enough. */
import { createSources } from '../../../src/rules/coordination/fan-out/sources';
import { isEnough, neededOf } from '../../../src/rules/coordination/fan-out/verdict';
import type { BarrierPlan } from '../../../src/rules/coordination/plan';
import { mustCompile } from '../../../src/rules/topology/compile';

function plan(agent: string | null, minRatio: number, quorum: number | null): BarrierPlan {
  const convergence = { minRatio, ...(quorum === null ? {} : { quorum }) };
  const topology = mustCompile({ flows: ['Start -> A', 'A -> End'], convergence }, 'InvalidFleet');
  return {
    base: { fleet: 'f', run: 'r', task: 1, topology, outside: [] },
    branch: agent === null ? null : '0',
    agent,
    waiting: [],
    direct: [],
    seeds: [],
    firstChild: 0,
    turnsLeft: 10,
  };
}

function enough(of: BarrierPlan, arrived: number, failed: number): boolean {
  const sources = createSources();
  for (let branch = 0; branch < arrived; branch += 1)
    sources.arrive({ to: 'A', from: 'X', branch: String(branch), value: 1, counts: { steps: 0, handOvers: [] } });
  for (let branch = 0; branch < failed; branch += 1) sources.fail({ from: 'Y', branch: String(branch), error: 'died' });
  return isEnough(of, sources);
}

test.each<[string, string | null, number, number | null, number, number]>([
  ['all', 'A', 1, null, 3, 3],
  ['a half of an odd number', 'A', 0.5, null, 3, 2],
  ['none', 'A', 0, null, 3, 0],
  ['a quorum of any share', 'A', 1, 2, 5, 2],
  ['one at the root at least', null, 0, null, 3, 1],
  ['no quorum at the root', null, 1, 1, 3, 3],
  ['a product that a fraction makes too large', 'A', 0.07, null, 100, 7],
])('%s', (_, agent, minRatio, quorum, sources, needed) => {
  expect(neededOf(plan(agent, minRatio, quorum), sources)).toBe(needed);
});

test.each([0.07, 0.29, 1 / 3, 0.51, 0.67, 1])('a share of %d: so many are enough, and one fewer is not', (minRatio) => {
  const of = plan('A', minRatio, null);
  for (let total = 1; total <= 60; total += 1) {
    const needed = neededOf(of, total);
    expect([enough(of, needed, total - needed), enough(of, needed - 1, total - needed + 1)]).toEqual([true, false]);
  }
});
