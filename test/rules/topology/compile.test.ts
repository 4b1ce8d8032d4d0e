/** Compiles topologies: flows, agents, rendezvous, and texts of any kind. */
import fc from 'fast-check';
import { compileTopology } from '../../../src/rules/topology/compile';
import { crossProblems } from '../../../src/rules/fleet/spec/check';
import { topologyWarnings } from '../../../src/rules/fleet/spec/topology';
import { compiled, problems } from './compiled';

describe('flows', () => {
  it('gives every node its successors in the order of the flows, without repeats', () => {
    const { agents, successors } = compiled({
      flows: ['Start -> A', 'A -> C', 'A->B', '  A  ->  C ', 'B<->C', 'C -> End', 'A -> User'],
    });
    expect(agents).toEqual(['A', 'C', 'B']);
    expect(successors).toEqual({ Start: ['A'], End: [], User: [], A: ['C', 'B', 'User'], B: ['C'], C: ['B', 'End'] });
  });

  it('lets names hold dashes', () => {
    expect(compiled({ flows: ['Start->a-b', 'a-b<->c-'] }).successors['a-b']).toEqual(['c-']);
  });

  it.each([
    ['A => B', 'Invalid edge format: A => B'],
    ['A -> B -> C', 'Invalid edge format: A -> B -> C'],
    ['A <- B', 'Invalid edge format: A <- B'],
    ['A ->', 'Invalid edge format: A ->'],
    ['', 'Invalid edge format: '],
    ['A B -> C', 'Invalid edge format: A B -> C'],
    ['1A -> B', 'Invalid edge format: 1A -> B'],
    ['A -> Start', 'Start cannot have an incoming edge: A -> Start'],
    ['A <-> Start', 'Start cannot have an incoming edge: A <-> Start'],
    ['End -> A', 'End cannot have an outgoing edge: End -> A'],
    ['A <-> End', 'End cannot have an outgoing edge: A <-> End'],
    ['A -> A', 'Edge from "A" to itself: A -> A'],
    ['A <-> A', 'Edge from "A" to itself: A <-> A'],
    ['A -> Nowhere', 'Unknown node "Nowhere" in edge: A -> Nowhere'],
    ['A <-> Nowhere', 'Unknown node "Nowhere" in edge: A <-> Nowhere'],
    ['Start -> End', 'Start leads to agents, not to End: Start -> End'],
    ['Start -> User', 'Start leads to agents, not to User: Start -> User'],
  ])('refuses %j', (flow, message) => {
    const found = problems({ flows: ['Start -> A', 'A -> B', 'B -> C', flow] }, ['A', 'B', 'C']);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(`flows[3]: ${message}`);
  });

  it('needs a Start', () => {
    expect(problems({ flows: ['A -> B'] })).toEqual(['flows: Start leads nowhere; add a flow such as "Start -> A"']);
    expect(problems({ flows: [] })).toHaveLength(1);
  });

  it('says everything that is wrong at once', () => {
    const found = problems(
      {
        agents: ['A', 'A', 'Foreign'],
        flows: ['Start -> A', 'A > B', 'A -> X'],
        rules: ['max_steps(0)', 'timeout(1)', 'nonsense'],
        convergence: { minRatio: 2, quorum: 0 },
      },
      ['A'],
    );
    expect(found.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'agents[1]',
      'agents[2]',
      'flows[1]',
      'flows[2]',
      'rules[0]',
      'rules[2]',
      'convergence.minRatio',
      'convergence.quorum',
    ]);
  });
});

describe('agents', () => {
  it('are the listed ones, else the known ones, else those of the flows', () => {
    const flows = ['Start -> B', 'B -> A', 'A -> End'];
    expect(compiled({ flows }).agents).toEqual(['B', 'A']);
    expect(compiled({ flows }, ['A', 'B', 'C']).agents).toEqual(['A', 'B', 'C']);
    expect(compiled({ agents: ['Start', 'A', 'B', 'End'], flows }, ['A', 'B', 'C']).agents).toEqual(['A', 'B']);
  });

  it('that Start cannot reach are a warning, and the human hands nothing over', () => {
    const result = compileTopology({ flows: ['Start -> A', 'B -> C', 'A -> User', 'User -> D'] });
    expect(result.ok && result.warnings).toEqual(['B', 'C', 'D'].map((agent) => `Start cannot reach ${agent}`));
  });

  it('are checked within a fleet, with the way to the line', () => {
    const spec = {
      agents: [{ name: 'A' }],
      topology: { flows: ['Start -> A', 'A -> B'], rules: ['max_turns(A <-> Q, 1)'] },
    };
    expect(crossProblems(spec)).toEqual([
      { path: ['topology', 'flows', 1], message: 'Unknown node "B" in edge: A -> B' },
      { path: ['topology', 'rules', 0], message: 'Unknown rule format: max_turns(A <-> Q, 1); unknown agent "Q"' },
    ]);
    const idle = { agents: [{ name: 'A' }, { name: 'B' }], topology: { flows: ['Start -> A'] } };
    expect(topologyWarnings(idle)).toEqual([{ path: ['topology', 'flows'], message: 'Start cannot reach B' }]);
    expect(topologyWarnings({ agents: [{ name: 'A' }] })).toEqual([]);
  });
});

describe('rendezvous', () => {
  const of = (flows: string[], rules: string[] = []) => [...compiled({ flows, rules }).rendezvous].sort();

  it('is where two paths meet, not where workers answer their caller', () => {
    expect(of(['Start -> O', 'O <-> A', 'O <-> B', 'O -> C', 'C -> D', 'D -> C', 'O -> End'])).toEqual([]);
    expect(of(['Start -> O', 'O <-> A', 'O <-> B', 'O -> C', 'C -> D', 'D -> O', 'O -> End'])).toEqual(['O']);
    expect(
      of(['Start -> A', 'A -> B1', 'A -> B2', 'B1 -> C1', 'B1 -> C2', 'B2 -> D', 'B2 -> C2', 'C1 -> D', 'C2 -> D']),
    ).toEqual(['C2', 'D']);
  });

  it('counts Start, and is declared by a rule', () => {
    expect(of(['Start -> A', 'A -> B', 'B -> C', 'C -> A'])).toEqual(['A']);
    expect(of(['Start -> A', 'A <-> B'])).toEqual([]);
    expect(of(['Start -> A', 'A <-> B'], ['convergence_point(B)'])).toEqual(['B']);
  });

  const NODES = ['Start', 'A', 'B', 'C', 'D', 'E', 'End', 'User'];
  it('follows its definition on any topology', () => {
    const edge = fc
      .tuple(fc.constantFrom(...NODES), fc.constantFrom(...NODES), fc.boolean())
      .filter(
        ([from, to]) =>
          from !== to && from !== 'End' && to !== 'Start' && !(from === 'Start' && ['End', 'User'].includes(to)),
      );
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 25 }), (edges) => {
        const both = (from: string, to: string, twice: boolean) => twice && from !== 'Start' && to !== 'End';
        const flows = edges.map(([from, to, twice]) => `${from} ${both(from, to, twice) ? '<->' : '->'} ${to}`);
        const { agents, successors, rendezvous } = compiled({ flows: ['Start -> A', ...flows] });
        const predecessors = (node: string) =>
          Object.keys(successors).filter((from) => successors[from]?.includes(node));
        const expected = agents.filter(
          (node) => predecessors(node).filter((from) => !successors[node]?.includes(from)).length > 1,
        );
        expect(rendezvous).toEqual(expected);
      }),
    );
  });
});

it('never throws on any text, and names what it refuses', () => {
  const loose = fc.array(fc.oneof(fc.string(), fc.constantFrom('Start -> A', 'A -> B', 'max_steps(3)')), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(loose, loose, (flows, rules) => {
      const result = compileTopology({ flows, rules });
      if (result.ok) return;
      for (const { path, message } of result.problems) {
        const [, key, index] = /^(flows|rules)\[(\d+)\]$/.exec(path) ?? [];
        if (key !== undefined) expect(message).toContain((key === 'flows' ? flows : rules)[Number(index)]?.trim());
      }
    }),
  );
});

it('compiles ten thousand workers', () => {
  const flows = ['Start -> O', ...Array.from({ length: 10_000 }, (_, index) => `O <-> W${String(index)}`)];
  expect(compiled({ flows }).agents).toHaveLength(10_001);
});

it('Start leads to at most 1,000 agents, as the first task of a run begins them all', () => {
  const flows = (count: number) => Array.from({ length: count }, (_, index) => `Start -> W${String(index)}`);
  expect(compiled({ flows: [...flows(1_000), 'Start -> W0'] }).agents).toHaveLength(1_000);
  expect(compileTopology({ flows: flows(1_001) })).toMatchObject({
    ok: false,
    problems: [
      { path: 'flows', message: 'Start leads to 1001 agents, at most 1000 are allowed; put an agent between them' },
    ],
  });
});
