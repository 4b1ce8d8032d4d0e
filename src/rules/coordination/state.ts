/**
 * The context of a branch, its state between turns, and its result: plain JSON without shared
 * state.
 */
import type { BarrierRecord, BranchOutcome, BranchRecord } from '../../contract/run';
import type { SourceFailure, TurnInput } from '../../contract/agent/turns';
import type { Usage } from '../../contract/usage';
import type { Topology } from '../topology/topology';

/** The counts of a branch. A rendezvous continues with the highest counts of its sources. */
export interface Counts {
  /** Turns, for `max_steps`. */
  readonly steps: number;
  /** Hand-overs for each rule `max_turns`, in the order of the topology. */
  readonly handOvers: readonly number[];
}

/** Everything that a branch knows at its start. */
export interface BranchContext {
  readonly v: 1;
  readonly fleet: string;
  readonly run: string;
  /** `0`, `0.1`, `0.1.0` … */
  readonly branch: string;
  readonly parent: string | null;
  readonly agent: string;
  readonly task: unknown;
  readonly input: TurnInput;
  readonly topology: Topology;
  readonly counts: Counts;
  /** The turns that the whole run has left, for `max_turns_total`. */
  readonly turnsLeft: number;
  /** Agents that wait for this branch, the innermost last. */
  readonly waiting: readonly string[];
  /** Rendezvous nodes that branches beside this one may still reach. */
  readonly outside: readonly string[];
}

/** A value for a node. `to` is `End`, a waiting agent, or a rendezvous. */
export interface Contribution {
  readonly to: string;
  readonly from: string;
  readonly branch: string;
  readonly value: unknown;
  readonly counts: Counts;
}

/**
 * The undo that a finished turn asks for if the run fails, newest first by `at` (epoch
 * milliseconds).
 */
export interface Undo {
  readonly turnId: string;
  readonly agent: string;
  readonly undo: unknown;
  readonly at: number;
}

/** An earlier turn, kept for the agent's memory. */
export interface Remembered {
  readonly agent: string;
  readonly input: TurnInput;
  readonly reply: unknown;
  /** Bytes of both as JSON. */
  readonly bytes: number;
}

/** The records of a branch and of all branches below it. */
export interface Records {
  readonly branches: readonly BranchRecord[];
  readonly barriers: readonly BarrierRecord[];
  readonly undos: readonly Undo[];
}

/** A branch between two turns. */
export interface BranchState extends Records {
  readonly context: BranchContext;
  /** Its current agent. */
  readonly agent: string;
  /** All of its agents so far, in order. */
  readonly identities: readonly string[];
  readonly input: TurnInput;
  readonly counts: Counts;
  /** Its own turns so far. */
  readonly turns: number;
  /** The turns of the branch and of all branches below it. */
  readonly turnsUsed: number;
  /** The usage of its own turns; absent if none reported usage. */
  readonly usage?: Usage;
  /** Invalid replies in a row. */
  readonly invalid: number;
  readonly memory: readonly Remembered[];
  /** The number of branches that it has started. */
  readonly children: number;
  readonly passedUp: readonly Contribution[];
}

/** The result that a branch returns to its parent. */
export interface BranchResult extends Records {
  readonly branch: string;
  readonly outcome: BranchOutcome;
  readonly contributions: readonly Contribution[];
  readonly failure: SourceFailure | null;
  readonly turnsUsed: number;
}

/** The state of a new branch. */
export function beginBranch(context: BranchContext): BranchState {
  return {
    context,
    agent: context.agent,
    identities: [context.agent],
    input: context.input,
    counts: context.counts,
    turns: 0,
    turnsUsed: 0,
    invalid: 0,
    memory: [],
    children: 0,
    passedUp: [],
    branches: [],
    barriers: [],
    undos: [],
  };
}

/** The highest of each count; needs at least one item. */
export function highest(counts: readonly Counts[]): Counts {
  return counts.reduce((a, b) => ({
    steps: Math.max(a.steps, b.steps),
    handOvers: a.handOvers.map((count, rule) => Math.max(count, b.handOvers[rule] ?? 0)),
  }));
}
