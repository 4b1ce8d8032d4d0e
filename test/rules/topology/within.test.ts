import fc from 'fast-check';
import { compileTopology } from '../../../src/rules/topology/compile';
import { createReach } from '../../../src/rules/topology/reach';
import { topologyWithin } from '../../../src/rules/topology/within';
import { randomScenarios } from '../../support/random-scenarios';
import { runs } from '../../support/runs';

function compiled(flows: readonly string[]) {
  const result = compileTopology({ flows });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.topology;
}

test('a worker that only answers knows only its caller', () => {
  const topology = compiled(['Start -> O', 'O <-> A', 'O <-> B', 'B -> C', 'C -> O', 'O -> End']);
  expect(topologyWithin(topology, ['O'], 'A')).toMatchObject({
    agents: ['A'],
    successors: { A: ['O'] },
    rendezvous: [],
    rules: topology.rules,
  });
  expect(topologyWithin(topology, ['O'], 'B').agents).toEqual(['B', 'C']);
  expect(topologyWithin(topology, [], 'A').agents).toEqual(['A', 'O', 'B', 'C']);
});

test('every node that a branch can reach has the same edges, and reaches the same rendezvous, as in the whole', () => {
  const agents = ['A', 'B', 'C', 'D', 'E'];
  fc.assert(
    fc.property(
      randomScenarios(10, '10ms'),
      fc.uniqueArray(fc.constantFrom(...agents), { maxLength: 2 }),
      fc.constantFrom(...agents),
      (scenario, waiting, agent) => {
        fc.pre(!waiting.includes(agent));
        const whole = compiled(scenario.topology.flows);
        const part = topologyWithin(whole, waiting, agent);
        const stops = new Set(waiting);
        for (const node of part.agents) {
          expect(part.successors[node]).toEqual(whole.successors[node]);
          expect(part.rendezvous.includes(node)).toBe(whole.rendezvous.includes(node));
          const of = (topology: typeof whole) => [...createReach(topology).rendezvousFrom(node, stops)].sort();
          expect(of(part)).toEqual(of(whole));
          for (const to of part.successors[node] ?? []) {
            expect([...part.agents, ...waiting, 'End', 'User']).toContain(to);
          }
        }
      },
    ),
    { numRuns: runs(500) },
  );
});
