/** The end of a workflow that its owner expects to run: by Temporal's CLI, its UI or its server. */

/** How a workflow ended. `missing`: Temporal does not know its id, or no longer. */
export type EndKind = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'missing';

/** The end of one workflow. */
export interface WorkflowEnd {
  readonly how: EndKind;
  /** The time of the end in ISO 8601; null if it is unknown. */
  readonly at: string | null;
  /**
   * The caller that ended it, as Temporal names it; null if it ended by itself or the caller is
   * unknown.
   */
  readonly by: string | null;
  /** The reason that the caller gave; null without one. */
  readonly reason: string | null;
}

/** The lost agents and pools of a fleet by name, each with the end of its workflow. */
export interface LostParts {
  readonly agents: Readonly<Record<string, WorkflowEnd>>;
  readonly pools: Readonly<Record<string, WorkflowEnd>>;
}
