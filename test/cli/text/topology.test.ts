import fc from 'fast-check';
import { topologyText } from '../../../src/cli/text/topology';
import { topologyView } from '../../../src/client/fleets/topology-view';
import type { AgentSpec } from '../../../src/contract/agent';
import { compileTopology } from '../../../src/rules/topology/compile';

function drawn(flows: readonly string[], rules: readonly string[] = [], more: readonly string[] = []): string[] {
  const compiled = compileTopology({ flows, rules });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const agents = [...compiled.topology.agents, ...more].map((name): AgentSpec => ({ name, provider: 'external' }));
  const view = topologyView({ agents, topology: { flows, rules } });
  return view === null ? [] : topologyText(view).split('\n');
}

it('draws MARS as a tree, and the way back to the agent that fanned out', () => {
  const flows = [
    'Start -> Orchestrator',
    'Orchestrator <-> AgentA',
    'Orchestrator <-> AgentB',
    'Orchestrator -> AgentC',
    'AgentC -> AgentD',
    'AgentD -> Orchestrator',
    'Orchestrator -> End',
  ];
  expect(drawn(flows)).toEqual([
    'TOPOLOGY',
    'Start',
    '└→ Orchestrator ◆',
    '   ├↔ AgentA',
    '   ├↔ AgentB',
    '   ├→ AgentC',
    '   │  └→ AgentD',
    '   │     └↩ Orchestrator',
    '   └→ End',
    '◆ rendezvous: several paths meet there',
  ]);
});

it('marks a rendezvous, draws it once, and names who is not reached', () => {
  const flows = ['Start -> A', 'A -> B', 'A -> C', 'B -> D', 'C -> D', 'D -> End', 'B <-> C'];
  expect(drawn(flows, [], ['Absent'])).toEqual([
    'TOPOLOGY',
    'Start',
    '└→ A',
    '   ├→ B',
    '   │  ├→ D ◆',
    '   │  │  └→ End',
    '   │  └↔ C (see there)',
    '   └→ C',
    '      └→ D ◆ (see there)',
    'not reached from Start: Absent',
    '◆ rendezvous: several paths meet there',
  ]);
});

it('counts what is too much for a picture', () => {
  const flows = ['Start -> Lead', ...Array.from({ length: 500 }, (_, index) => `Lead <-> W${String(index)}`)];
  const lines = drawn(flows);
  expect(lines).toHaveLength(202);
  expect(lines.at(-1)).toBe('… and 302 more lines (-o json has all of it)');
});

it('draws every node that is reached in one place, and every edge', () => {
  const name = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F');
  const edges = fc.uniqueArray(fc.tuple(name, name), { maxLength: 20, selector: ([from, to]) => `${from}${to}` });
  fc.assert(
    fc.property(edges, (pairs) => {
      const flows = [
        'Start -> A',
        ...pairs.filter(([from, to]) => from !== to).map(([from, to]) => `${from} -> ${to}`),
      ];
      const lines = drawn(flows)
        .slice(2)
        .filter((line) => /[→↔↩]/.test(line));
      const places = lines.filter((line) => !line.includes('(see there)') && !line.includes('↩'));
      const names = places.map((line) => line.replace(/^[^A-Z]*/, '').replace(' ◆', ''));
      expect(new Set(names).size).toBe(names.length);
      const reached = new Set(['Start', ...names]);
      const from = (flow: string) => flow.split(' ')[0] ?? '';
      const there = flows.filter((flow) => reached.has(from(flow)));
      const mutual = there.filter((flow) => there.includes(flow.split(' ').reverse().join(' '))).length / 2;
      expect(lines).toHaveLength(there.length - mutual);
    }),
  );
});
