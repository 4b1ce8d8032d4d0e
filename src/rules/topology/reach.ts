/** Finds the rendezvous that a node can reach. */
import { END, USER } from '../../contract/fleet/topology';
import type { Topology } from './topology';

/**
 * The reach in one topology. It caches results by node and by the identity of `stops`, which must
 * not change afterwards.
 */
export interface Reach {
  /**
   * The rendezvous that `node` can reach by one or more edges. Paths end at the waiting ancestors
   * in `stops`, at End and at User, which do not count as rendezvous.
   */
  rendezvousFrom(node: string, stops: ReadonlySet<string>): ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Creates a reach. It visits each node and edge once per set of stops, however many nodes are
 * queried.
 */
export function createReach(topology: Topology): Reach {
  const rendezvous = new Set(topology.rendezvous);
  const remembered = new WeakMap<ReadonlySet<string>, Map<string, ReadonlySet<string>>>();
  return {
    rendezvousFrom(node, stops) {
      if (rendezvous.size === 0) return NOTHING;
      const known = remembered.get(stops) ?? new Map<string, ReadonlySet<string>>();
      remembered.set(stops, known);
      const targets = (from: string) => (topology.successors[from] ?? []).filter((to) => !isEnd(to, stops));
      if (!known.has(node)) explore(node, targets, rendezvous, known);
      return known.get(node) ?? NOTHING;
    },
  };
}

function isEnd(node: string, stops: ReadonlySet<string>): boolean {
  return node === END || node === USER || stops.has(node);
}

/**
 * A node on the path of the search. `next` is the next edge to visit, `low` the oldest node of the
 * path that it leads back to.
 */
interface Visit {
  readonly node: string;
  readonly index: number;
  readonly targets: readonly string[];
  next: number;
  low: number;
}

/**
 * Tarjan's algorithm for strongly connected components, without recursion, because a chain of
 * thousands of agents would overflow the stack. The nodes of a component reach the same rendezvous,
 * so each component is computed once, after all that it leads to.
 */
function explore(
  start: string,
  targetsOf: (node: string) => readonly string[],
  rendezvous: ReadonlySet<string>,
  known: Map<string, ReadonlySet<string>>,
): void {
  const open = new Map<string, Visit>();
  const unsettled: Visit[] = [];
  const path: Visit[] = [];
  const enter = (node: string) => {
    const visit: Visit = { node, index: open.size, targets: targetsOf(node), next: 0, low: open.size };
    open.set(node, visit);
    unsettled.push(visit);
    path.push(visit);
  };
  enter(start);
  for (let visit = path.at(-1); visit; visit = path.at(-1)) {
    const target = visit.targets[visit.next];
    if (target === undefined) {
      path.pop();
      const caller = path.at(-1);
      if (caller) caller.low = Math.min(caller.low, visit.low);
      if (visit.low === visit.index) settleComponent(unsettled.splice(unsettled.indexOf(visit)), rendezvous, known);
      continue;
    }
    visit.next += 1;
    if (known.has(target)) continue;
    const seen = open.get(target);
    if (seen) visit.low = Math.min(visit.low, seen.index);
    else enter(target);
  }
}

function settleComponent(
  component: readonly Visit[],
  rendezvous: ReadonlySet<string>,
  known: Map<string, ReadonlySet<string>>,
): void {
  const reached = new Set<string>();
  const members = new Set(component.map(({ node }) => node));
  for (const { targets } of component) {
    for (const target of targets) {
      if (rendezvous.has(target)) reached.add(target);
      if (!members.has(target)) known.get(target)?.forEach((further) => reached.add(further));
    }
  }
  for (const { node } of component) known.set(node, reached);
}
