/** How a workflow ended that its owner expects to be there: from outside, by Temporal's CLI, its UI or its server. */

/** `missing`: Temporal knows no workflow of that id, or not any longer. */
export type EndKind = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'missing';

/** The end of one workflow. */
export interface WorkflowEnd {
  readonly how: EndKind;
  /** ISO 8601; null where that is not known. */
  readonly at: string | null;
  /** Who ended it, as Temporal names its callers; null where it ended by itself, or that is not known. */
  readonly by: string | null;
  /** Why, in the words of whoever ended it. */
  readonly reason: string | null;
}

/** What a fleet owns and does not find: the names of agents and pools, each with the end of its workflow. */
export interface LostParts {
  readonly agents: Readonly<Record<string, WorkflowEnd>>;
  readonly pools: Readonly<Record<string, WorkflowEnd>>;
}
