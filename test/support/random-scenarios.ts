/** Random topologies with random scripts. */
import fc from 'fast-check';
import type { Scenario, Script, ScriptedReply } from '../../src/contract/run/script';
import { scenarioOf } from './scenarios';

const AGENTS = ['A', 'B', 'C', 'D', 'E'] as const;

/** Every value that an agent gives carries its name, so that a value under another name shows. */
const reply = (agent: string, longestMs: number): fc.Arbitrary<ScriptedReply> => {
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
    .record({ action, delay: fc.nat(longestMs) })
    .map(({ action: what, delay }) => ({ ...what, delay: `${String(delay)}ms` }));
};

/** Any scenario over five agents: replies take up to `longestMs`, one of the policies times out after `timeout`. */
export function randomScenarios(longestMs: number, timeout: string): fc.Arbitrary<Scenario> {
  return fc
    .record({
      edges: fc.uniqueArray(fc.tuple(fc.constantFrom(...AGENTS), fc.constantFrom(...AGENTS, 'End')), {
        minLength: 4,
        maxLength: 16,
        selector: ([from, to]) => `${from}${to}`,
      }),
      starts: fc.uniqueArray(fc.constantFrom(...AGENTS), { minLength: 1, maxLength: 2 }),
      script: fc.record(
        Object.fromEntries(
          AGENTS.map((agent) => [agent, fc.array(reply(agent, longestMs), { maxLength: 6 })]),
        ) as Record<(typeof AGENTS)[number], fc.Arbitrary<ScriptedReply[]>>,
      ),
      convergence: fc.constantFrom(
        'strict' as const,
        'majority' as const,
        'any' as const,
        { quorum: 1 },
        { quorum: 2, terminateOrphans: false },
        { minRatio: 0.5, timeout },
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
}
