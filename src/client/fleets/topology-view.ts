/** A fleet's topology as a graph, for display. */
import type { FleetSpec } from '../../contract/fleet';
import { END, RESERVED_NODES, START, type TopologyView, USER } from '../../contract/fleet/topology';
import { compileTopology } from '../../rules/topology/compile';

/** Nodes, edges and rendezvous; null if the fleet has no topology. */
export function topologyView({ topology, agents }: FleetSpec): TopologyView | null {
  if (!topology) return null;
  const compiled = compileTopology(
    topology,
    agents.map(({ name }) => name),
  );
  // A fleet with a topology that does not compile was refused.
  if (!compiled.ok) return null;
  const { successors, rendezvous } = compiled.topology;
  const edges = Object.entries(successors).flatMap(([from, targets]) => targets.map((to) => ({ from, to })));
  const touched = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const nodes = [START, ...compiled.topology.agents, USER, END].filter(
    (node) => touched.has(node) || !RESERVED_NODES.includes(node),
  );
  return { nodes, edges, rendezvous };
}
