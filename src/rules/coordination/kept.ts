/** Contributions to rendezvous nodes, kept until no branch can add to them. */
import type { Presence } from './fan-out/presence';
import type { Contribution } from './state';

/** The kept contributions of a barrier, by rendezvous node. */
export interface Kept {
  keep(contribution: Contribution): void;
  isEmpty(): boolean;
  /** The nodes with kept contributions, in the order of the first one. */
  nodes(): string[];
  /** Removes the node that may run now, with its contributions; null: none may run yet. */
  takeReady(active: Presence): { readonly node: string; readonly contributions: readonly Contribution[] } | null;
}

/** Creates an empty one. */
export function createKept(): Kept {
  const byNode = new Map<string, Contribution[]>();

  /**
   * Whether every kept node that reaches this one is in a cycle with it and was kept later: the
   * first one of a cycle goes first.
   */
  const goesFirst = (node: string, candidates: readonly string[], active: Presence): boolean =>
    candidates.every((other) => {
      if (other === node || !active.touches(other).has(node)) return true;
      return active.touches(node).has(other) && candidates.indexOf(node) < candidates.indexOf(other);
    });

  return {
    keep(contribution) {
      const there = byNode.get(contribution.to);
      if (there) there.push(contribution);
      else byNode.set(contribution.to, [contribution]);
    },
    isEmpty: () => byNode.size === 0,
    nodes: () => [...byNode.keys()],
    takeReady(active) {
      if (byNode.size === 0) return null;
      const candidates = [...byNode.keys()].filter((node) => !active.reaches(node));
      const node = candidates.find((candidate) => goesFirst(candidate, candidates, active));
      const contributions = node === undefined ? undefined : byNode.get(node);
      if (node === undefined || contributions === undefined) return null;
      byNode.delete(node);
      return { node, contributions };
    },
  };
}
