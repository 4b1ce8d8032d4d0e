/** A compiled topology as plain JSON (`compile.ts`). */

/** How a barrier is decided (docs/coordination.md, "Branches and barriers"). */
export interface Convergence {
  /** The least share of sources that must arrive, 0 to 1. */
  readonly minRatio: number;
  readonly onInsufficient: 'fail' | 'proceed' | 'user';
  /** The number of arrivals that is enough, in place of `minRatio`; null: `minRatio` applies. */
  readonly quorum: number | null;
  /** Whether branches that are no longer needed are cancelled. */
  readonly terminateOrphans: boolean;
  /** Milliseconds after which the barrier is decided with the arrivals so far; null: never. */
  readonly timeoutMs: number | null;
}

/** Every rule of a topology, with its default if the text has none. */
export interface TopologyRules {
  /** The limit of the whole run in seconds; null: none. */
  readonly timeoutS: number | null;
  /** Turns per branch. */
  readonly maxSteps: number;
  /** Turns of the whole run. */
  readonly maxTurnsTotal: number;
  /** How many branches of one fan-out run at once; null: all of them. */
  readonly maxAgents: number | null;
  /** The most hand-overs between two agents along a branch, in either direction. */
  readonly maxTurns: readonly { readonly a: string; readonly b: string; readonly max: number }[];
  /** The limit of a turn in seconds; `default` null: the agent's own settings apply. */
  readonly agentTimeoutS: { readonly byAgent: Readonly<Record<string, number>>; readonly default: number | null };
  /** Groups of agents that must be invoked together. */
  readonly parallel: readonly (readonly string[])[];
  /** Hand-overs that wait for a person; absent without any. */
  readonly approve?: readonly { readonly from: string; readonly to: string }[];
}

/** A checked topology. */
export interface Topology {
  /** Without Start, End and User. */
  readonly agents: readonly string[];
  /** In the order of the flows, without duplicates; every node has an entry, Start included. */
  readonly successors: Readonly<Record<string, readonly string[]>>;
  /** Agents at which several paths meet. */
  readonly rendezvous: readonly string[];
  readonly convergence: Convergence;
  readonly rules: TopologyRules;
  /** The agents that stand for replicas, each with their number at the start of the run. */
  readonly services?: Readonly<Record<string, number>>;
}
