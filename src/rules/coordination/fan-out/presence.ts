/**
 * Counts the active agents of a barrier by the rendezvous nodes that they can reach, so that a
 * fan-out of thousands stays cheap.
 */
import type { Reach } from '../../topology/reach';
import type { Topology } from '../../topology/topology';

/** The active agents of a barrier. */
export interface Presence {
  /** A branch started, or is queued, as `agent`. */
  enter(agent: string): void;
  leave(agent: string): void;
  /** Whether an active agent can reach the rendezvous; one that runs there can. */
  reaches(rendezvous: string): boolean;
  /** The rendezvous nodes that the active agents can reach, without one `agent`. */
  beside(agent: string): string[];
  /** The rendezvous nodes that `agent` can reach, itself included if it is one. */
  touches(agent: string): ReadonlySet<string>;
}

/** Creates an empty presence. Paths end at the `waiting` agents. */
export function createPresence(topology: Topology, reach: Reach, waiting: readonly string[]): Presence {
  const stops = new Set(waiting);
  const meetings = new Set(topology.rendezvous);
  const counts = new Map<string, number>();
  const touched = new Map<string, ReadonlySet<string>>();

  const touches = (agent: string): ReadonlySet<string> => {
    const known = touched.get(agent);
    if (known) return known;
    const reached = reach.rendezvousFrom(agent, stops);
    const all = meetings.has(agent) && !reached.has(agent) ? new Set([...reached, agent]) : reached;
    touched.set(agent, all);
    return all;
  };
  const add = (agent: string, by: number): void => {
    for (const node of touches(agent)) counts.set(node, (counts.get(node) ?? 0) + by);
  };
  return {
    touches,
    enter: (agent) => {
      add(agent, 1);
    },
    leave: (agent) => {
      add(agent, -1);
    },
    reaches: (rendezvous) => (counts.get(rendezvous) ?? 0) > 0,
    beside(agent) {
      const own = touches(agent);
      return [...counts].filter(([node, count]) => count > (own.has(node) ? 1 : 0)).map(([node]) => node);
    },
  };
}
