/** A clock: a workflow's or a virtual one. */
export interface Timing {
  /** Milliseconds, for records only. */
  now(): number;
  /** Calls back after `ms`; the returned function cancels it. */
  schedule(ms: number, act: () => void): () => void;
}
