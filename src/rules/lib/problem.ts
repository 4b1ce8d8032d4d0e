/** The problems of a fleet file. */

/**
 * One problem. `path` leads from the checked value (a fleet's `spec`, or one agent) to the wrong
 * one.
 */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The key at the end of `path` is wrong, not its value. */
  readonly atKey?: true;
}
