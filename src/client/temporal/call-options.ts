/** Options of one call. */
export interface CallOptions {
  /**
   * Milliseconds until the call gives up with `Timeout`; 10 s for reads and 60 s for commands
   * unless given.
   */
  readonly timeoutMs?: number;
}
