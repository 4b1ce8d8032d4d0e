import fc from 'fast-check';
import type { RunResult } from '../../../src/contract/run';
import type { TurnInput } from '../../../src/contract/agent/turns';
import { randomScenarios } from '../../support/random-scenarios';
import { play } from '../../support/scenarios';
import { runs } from '../../support/runs';

const scenarios = randomScenarios(20, '10ms');

function stampsOf(input: TurnInput): { readonly from: string; readonly value: unknown }[] {
  if (input.kind === 'request') return [input];
  if (input.kind !== 'results') return [];
  const failures = input.failures.map(({ from, error }) => ({ from, value: error }));
  const results = input.results.flatMap(({ from, value }) =>
    Array.isArray(value) ? value.map((item: unknown) => ({ from, value: item })) : [{ from, value }],
  );
  return [...results, ...failures.filter(({ value }) => /^[A-E]:\d+$/.test(String(value)))];
}

function check(result: RunResult): void {
  const branches = new Map(result.branches.map((branch) => [branch.id, branch]));
  // Each branch settles exactly once.
  expect(branches.size).toBe(result.branches.length);
  for (const { agent, branch, input } of result.trace ?? []) {
    expect(branches.get(branch)?.agents).toContain(agent);
    // No message names an agent other than the one that replied.
    for (const { from, value } of stampsOf(input)) expect(String(value).split(':')[0]).toBe(from.split('#')[0]);
  }
  for (const { arrived, failed } of result.barriers) {
    expect(new Set(arrived).size).toBe(arrived.length);
    const failedSources = failed.map(({ from, branch }) => `${from}@${branch}`);
    expect(new Set(failedSources).size).toBe(failedSources.length);
  }
  // Each barrier fires at most once: every fan-out of the trace has at most one barrier, and the root has one.
  expect(result.barriers.filter(({ branch }) => branch === null)).toHaveLength(1);
  for (const { id } of result.branches) {
    const fanOuts = (result.trace ?? []).filter(({ branch, reply: given }) => branch === id && isFanOut(given)).length;
    expect(result.barriers.filter(({ branch }) => branch === id).length).toBeLessThanOrEqual(fanOuts);
  }
  expect(result.success).toBe(result.error === null);
  const orphans = result.branches.filter(({ outcome }) => outcome === 'abandoned');
  if (orphans.length === 0) {
    expect(result.turns).toBeGreaterThanOrEqual(result.branches.reduce((sum, { turns }) => sum + turns, 0));
  }
}

function isFanOut(reply: unknown): boolean {
  const { invocations } = reply as { invocations?: unknown[] };
  return (invocations?.length ?? 0) > 1;
}

test('random topologies and scripts keep the promises of coordination', async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      check(await play(scenario));
    }),
    { numRuns: runs(600) },
  );
});

test('the same scenario gives the same result', async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      expect(await play(scenario)).toEqual(await play(scenario));
    }),
    { numRuns: runs(50) },
  );
});
