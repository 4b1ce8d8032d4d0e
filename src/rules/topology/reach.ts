/** Which rendezvous a node can still reach. */
import { END, USER } from '../../contract/topology';
import type { Topology } from './topology';

/** Reach over one topology, remembered per node and per set of stops (by its identity: a set is not to be changed afterwards). */
export interface Reach {
  /**
   * The rendezvous that can be reached from `node` by one or more edges. `stops` are the waiting ancestors: what goes to one of
   * them ends there, so they are the end of the road and no rendezvous. So are End and User.
   */
  rendezvousFrom(node: string, stops: ReadonlySet<string>): ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Makes a reach. Each node and edge is walked once per set of stops, however many nodes are asked about. */
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

/** A node on the path of the search: `next` is the edge to look at, `low` the oldest node of the path that it leads back to. */
interface Visit {
  readonly node: string;
  readonly index: number;
  readonly targets: readonly string[];
  next: number;
  low: number;
}

/**
 * Tarjan's strongly connected components, without recursion, as a chain of thousands of agents would overflow the stack. Nodes of
 * one component reach the same, so each component is summed up once, after everything that it leads to.
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
