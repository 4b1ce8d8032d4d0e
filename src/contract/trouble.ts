/** Troubles: work beside a workflow's main loop that failed and is retried. */

/** One piece of failing work. Its message is bounded (`SHORT_BYTES`) and contains no secret. */
export interface Trouble {
  /** The work in a few words: `tell the pools`. */
  readonly what: string;
  /** The error of the last attempt. */
  readonly why: string;
  /** The time of the first failure in a row, in ISO 8601. */
  readonly since: string;
  /** The number of failures in a row. */
  readonly attempts: number;
}
