import fc from 'fast-check';
import { mustCompile } from '../../../src/rules/topology/compile';
import { createReach } from '../../../src/rules/topology/reach';
import type { Topology } from '../../../src/rules/topology/topology';
import { runs } from '../../support/runs';

const compiled = (...flows: string[]): Topology => mustCompile({ flows }, 'InvalidScenario');

/** The definition itself: a plain walk for one node. */
function walked(topology: Topology, node: string, stops: ReadonlySet<string>): string[] {
  const seen = new Set<string>();
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const to of topology.successors[next] ?? []) {
      if (to === 'End' || to === 'User' || stops.has(to) || seen.has(to)) continue;
      seen.add(to);
      open.push(to);
    }
  }
  return topology.rendezvous.filter((agent) => seen.has(agent)).sort();
}

it('stops at waiting ancestors, End and User', () => {
  const topology = compiled(
    'Start -> A',
    'A -> B',
    'B -> C',
    'A -> C',
    'C -> D',
    'B -> D',
    'D -> A',
    'D -> User',
    'User -> C',
  );
  const reach = createReach(topology);
  const from = (node: string, ...stops: string[]) => [...reach.rendezvousFrom(node, new Set(stops))].sort();
  expect(topology.rendezvous).toEqual(['A', 'C', 'D']);
  expect(from('B')).toEqual(['A', 'C', 'D']);
  expect(from('B', 'A')).toEqual(['C', 'D']);
  expect(from('D', 'A')).toEqual([]);
  expect(from('C', 'A', 'D')).toEqual([]);
  expect(from('A', 'A')).toEqual(['C', 'D']);
  expect(from('Nobody')).toEqual([]);
});

it('follows its definition on any topology, in any order of questions', () => {
  const names = 'ABCDEFGH'.split('');
  const name = fc.constantFrom(...names);
  const edges = fc.array(
    fc.tuple(name, name).filter(([from, to]) => from !== to),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      edges,
      fc.uniqueArray(name, { maxLength: 4 }),
      fc.shuffledSubarray(names, { minLength: 1 }),
      (pairs, stopped, asked) => {
        const topology = compiled('Start -> A', ...pairs.map(([from, to]) => `${from} -> ${to}`));
        const reach = createReach(topology);
        const stops = new Set(stopped);
        for (const node of [...asked, ...asked]) {
          expect([...reach.rendezvousFrom(node, stops)].sort()).toEqual(walked(topology, node, stops));
        }
      },
    ),
    { numRuns: runs(500) },
  );
});

describe('over ten thousand agents', () => {
  const workers = Array.from({ length: 10_000 }, (_, index) => `W${String(index)}`);
  /** However many are asked about, each node's edges are read once. */
  const sizesFrom = (topology: Topology, stops: ReadonlySet<string>) => {
    let reads = 0;
    const successors = new Proxy(topology.successors, {
      get: (target, node: string) => {
        reads += 1;
        return target[node];
      },
    });
    const reach = createReach({ ...topology, successors });
    const sizes = new Set(workers.map((worker) => reach.rendezvousFrom(worker, stops).size));
    expect(reads).toBeLessThanOrEqual(Object.keys(topology.successors).length + 1);
    return [...sizes];
  };

  it.each([
    ['that answer their caller', workers.map((worker) => `O <-> ${worker}`), 0],
    ['that meet', workers.flatMap((worker) => [`O -> ${worker}`, `${worker} -> D`]), 1],
    [
      'around a hub',
      ['A -> Hub', 'B -> Hub', ...workers.map((worker) => `Hub <-> ${worker}`), 'Start -> A', 'Start -> B'],
      1,
    ],
  ])('%s it is quick', (_, flows, size) => {
    expect(sizesFrom(compiled('Start -> O', ...flows), new Set(['O']))).toEqual([size]);
  });

  it('in a chain it does not overflow', () => {
    const chain = workers.slice(1).map((worker, index) => `${workers[index] ?? ''} -> ${worker}`);
    const topology = compiled('Start -> W0', ...chain);
    expect(createReach(topology).rendezvousFrom('W0', new Set()).size).toBe(0);
  });
});
