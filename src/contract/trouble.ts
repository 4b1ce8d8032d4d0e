/** What a workflow does beside its main loop and has not managed yet: it goes on trying, and says so here. */

/** One such piece of work. Its message is bounded (`SHORT_BYTES`) and holds no secret. */
export interface Trouble {
  /** The work, in a few words: `tell the pools`. */
  readonly what: string;
  /** What the last try failed with. */
  readonly why: string;
  /** When the first try in a row failed, ISO 8601. */
  readonly since: string;
  /** Tries that failed in a row. */
  readonly attempts: number;
}
