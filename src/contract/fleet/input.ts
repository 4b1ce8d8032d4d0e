/** The start argument of a `fleet` workflow. */

/** The input of a `fleet` workflow's first run. */
export interface FleetInput {
  readonly v: 1;
  readonly fleet: string;
  /**
   * For tests: continue as new after this many history events; absent: at the server's suggestion.
   */
  readonly continueAfterEvents?: number;
  /**
   * For tests: split changes into parts of this many agents; absent: as many as fit in a history.
   */
  readonly agentsPerPart?: number;
}
