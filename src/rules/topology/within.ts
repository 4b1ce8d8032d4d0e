/** The part of a topology that one branch can reach. */
import { END, USER } from '../../contract/fleet/topology';
import type { Topology } from './topology';

/**
 * The part of a topology that `agent` and all branches below it can reach. A branch that hands over
 * to one of `waiting` ends there, so paths stop at them. Without this, the contexts of a fan-out
 * over n agents would contain n times n agents.
 */
export function topologyWithin(topology: Topology, waiting: readonly string[], agent: string): Topology {
  const meetings = new Set(topology.rendezvous);
  const ends = new Set([END, USER, ...waiting]);
  const reached = new Set([agent]);
  // Iterating over a set also visits what is added during the iteration.
  for (const node of reached) for (const to of topology.successors[node] ?? []) if (!ends.has(to)) reached.add(to);
  const agents = [...reached];
  return {
    ...topology,
    agents,
    successors: Object.fromEntries(agents.map((node) => [node, topology.successors[node] ?? []])),
    rendezvous: agents.filter((node) => meetings.has(node)),
  };
}
