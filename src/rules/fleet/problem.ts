/** What is wrong with a fleet file, and where. */

/** One problem; `path` leads from where the check began (a fleet's `spec`, or one agent) to the value. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** It is the key at the end of `path` that is wrong, not its value. */
  readonly atKey?: true;
}
