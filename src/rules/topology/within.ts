/** The part of a topology that concerns one branch: what it can reach. */
import { END, USER } from '../../contract/topology';
import type { Topology } from './topology';

/** Cuts topologies down, one after the other, with one look at the whole. */
export type TopologyFrom = (agent: string) => Topology;

/**
 * What `agent` and everything below it can come to: a branch that hands over to one of `waiting` ends there, so nothing beyond them is
 * its affair. Without this the contexts of a fan-out over n agents would hold n times n of them.
 */
export function topologyWithin(topology: Topology, waiting: readonly string[]): TopologyFrom {
  const meetings = new Set(topology.rendezvous);
  const ends = new Set([END, USER, ...waiting]);
  const known = new Map<string, Topology>();
  return (agent) => {
    const there = known.get(agent);
    if (there) return there;
    const reached = new Set([agent]);
    // A set is walked in the order of insertion, and what is added meanwhile is walked too.
    for (const node of reached) for (const to of topology.successors[node] ?? []) if (!ends.has(to)) reached.add(to);
    const agents = [...reached];
    const part: Topology = {
      ...topology,
      agents,
      successors: Object.fromEntries(agents.map((node) => [node, topology.successors[node] ?? []])),
      rendezvous: agents.filter((node) => meetings.has(node)),
    };
    known.set(agent, part);
    return part;
  };
}
