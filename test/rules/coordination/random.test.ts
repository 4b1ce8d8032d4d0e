import fc from 'fast-check';
import type { RunResult, Scenario, Script, ScriptedReply } from '../../../src/contract/runs';
import type { TurnInput } from '../../../src/contract/turns';
import { play, scenarioOf } from '../../support/scenarios';

const AGENTS = ['A', 'B', 'C', 'D', 'E'] as const;

/** Every value that an agent gives carries its name, so that a value under another name shows. */
const reply = (agent: string): fc.Arbitrary<ScriptedReply> => {
  const stamp = fc.nat(999).map((n) => `${agent}:${String(n)}`);
  const target = fc.constantFrom(...AGENTS, 'End');
  const action: fc.Arbitrary<{ action: string }> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        action: fc.constant('invoke'),
        invocations: fc.array(fc.record({ agent: target, request: stamp }), { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ action: fc.constant('final'), response: stamp }) },
    { weight: 1, arbitrary: fc.record({ action: fc.constant('fail'), error: stamp }) },
  );
  return fc
    .record({ action, delay: fc.nat(20) })
    .map(({ action: what, delay }) => ({ ...what, delay: `${String(delay)}ms` }));
};

const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    edges: fc.uniqueArray(fc.tuple(fc.constantFrom(...AGENTS), fc.constantFrom(...AGENTS, 'End')), {
      minLength: 4,
      maxLength: 16,
      selector: ([from, to]) => `${from}${to}`,
    }),
    starts: fc.uniqueArray(fc.constantFrom(...AGENTS), { minLength: 1, maxLength: 2 }),
    script: fc.record(
      Object.fromEntries(AGENTS.map((agent) => [agent, fc.array(reply(agent), { maxLength: 6 })])) as Record<
        (typeof AGENTS)[number],
        fc.Arbitrary<ScriptedReply[]>
      >,
    ),
    convergence: fc.constantFrom(
      'strict' as const,
      'majority' as const,
      'any' as const,
      { quorum: 1 },
      { quorum: 2, terminateOrphans: false },
      { minRatio: 0.5, timeout: '10ms' },
      { minRatio: 0.5, onInsufficient: 'proceed' as const },
    ),
    maxAgents: fc.constantFrom([], ['max_agents(1)'], ['max_agents(2)']),
  })
  .map(({ edges, starts, script, convergence, maxAgents }) => {
    const flows = [
      ...starts.map((agent) => `Start -> ${agent}`),
      ...edges.filter(([from, to]) => from !== to).map(([from, to]) => `${from} -> ${to}`),
    ];
    const named = [...AGENTS].map((agent) => `${agent} -> End`);
    return scenarioOf([...new Set([...flows, ...named])], script satisfies Script, {
      convergence,
      rules: ['max_turns_total(60)', 'max_steps(15)', ...maxAgents],
    });
  });

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
    { numRuns: 600 },
  );
});

test('the same scenario gives the same result', async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      expect(await play(scenario)).toEqual(await play(scenario));
    }),
    { numRuns: 50 },
  );
});
