/** Scripts: replies of agents and answers of the human, written before the run. */
import type { TopologySpec } from '../fleet/topology';

/**
 * One scripted reply: an action of a turn with its duration. `repeat` on the last one repeats it
 * without end.
 */
export interface ScriptedReply {
  readonly action: string;
  readonly delay?: string;
  readonly repeat?: boolean;
  readonly [field: string]: unknown;
}

/** One scripted answer of the human. */
export interface ScriptedAnswer {
  readonly answer: unknown;
  readonly delay?: string;
  readonly repeat?: boolean;
}

/** Replies by agent, in order; `User` holds the human's answers. */
export type Script = Readonly<Record<string, readonly (ScriptedReply | ScriptedAnswer)[]>>;

/** A scenario file. */
export interface Scenario {
  readonly apiVersion: 'drover/v1';
  readonly kind: 'Scenario';
  readonly topology: TopologySpec;
  readonly task: unknown;
  readonly script: Script;
  /** Nodes that stand for replicas, each with their number: `{Worker: 3}`. */
  readonly replicas?: Readonly<Record<string, number>>;
}
