/** The part of a topology that concerns one branch: what it can reach. */
import { END, USER } from '../../contract/topology';
import type { Topology } from './topology';

/**
 * What `agent` and everything below it can come to: a branch that hands over to one of `waiting` ends there, so nothing beyond them is
 * its affair. Without this the contexts that a fan-out over n agents sends would hold n times n of them.
 */
export function topologyWithin(topology: Topology, waiting: readonly string[], agent: string): Topology {
  const meetings = new Set(topology.rendezvous);
  const ends = new Set([END, USER, ...waiting]);
  const reached = new Set([agent]);
  // A set is walked in the order of insertion, and what is added meanwhile is walked too.
  for (const node of reached) for (const to of topology.successors[node] ?? []) if (!ends.has(to)) reached.add(to);
  const agents = [...reached];
  return {
    ...topology,
    agents,
    successors: Object.fromEntries(agents.map((node) => [node, topology.successors[node] ?? []])),
    rendezvous: agents.filter((node) => meetings.has(node)),
  };
}
