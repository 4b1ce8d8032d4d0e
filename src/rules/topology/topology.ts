/** A topology as the rules use it: what `compile.ts` makes of the text of a fleet file or a scenario. Plain JSON. */

/** How a barrier is decided (docs/coordination.md, "Branches and barriers"). */
export interface Convergence {
  /** The least share of sources that must arrive, 0 to 1. */
  readonly minRatio: number;
  readonly onInsufficient: 'fail' | 'proceed' | 'user';
  /** So many arrivals are enough, in place of `minRatio`; null: none. */
  readonly quorum: number | null;
  /** Whether branches that are no longer needed are cancelled. */
  readonly terminateOrphans: boolean;
  /** Milliseconds after which the barrier is decided with what is there; null: never. */
  readonly timeoutMs: number | null;
}

/** Every rule of a topology, with its default where the text is silent. */
export interface TopologyRules {
  /** Seconds of the whole run; null: no limit. */
  readonly timeoutS: number | null;
  /** Turns per branch. */
  readonly maxSteps: number;
  /** Turns of the whole run. */
  readonly maxTurnsTotal: number;
  /** Branches of one fan-out that run at once; null: all of them. */
  readonly maxAgents: number | null;
  /** Hand-overs between two agents along a branch, in either direction. */
  readonly maxTurns: readonly { readonly a: string; readonly b: string; readonly max: number }[];
  /** Seconds per turn; `default` null: what the agent's own settings say. */
  readonly agentTimeoutS: { readonly byAgent: Readonly<Record<string, number>>; readonly default: number | null };
  /** Groups of agents that are invoked together or not at all. */
  readonly parallel: readonly (readonly string[])[];
}

/** A checked topology. */
export interface Topology {
  /** Without Start, End and User. */
  readonly agents: readonly string[];
  /** In the order of the flows, without repeats; every node has an entry, Start too. */
  readonly successors: Readonly<Record<string, readonly string[]>>;
  /** Agents at which several paths meet. */
  readonly rendezvous: readonly string[];
  readonly convergence: Convergence;
  readonly rules: TopologyRules;
}
