/** The progress of a turn, which an agent reports while it works; kept in memory only. */

/** The progress of a turn in an agent's own words: at least one of these fields. */
export interface TurnProgress {
  /** The present work, for a person; at most 1,000 characters. */
  readonly text?: string;
  /** The tool that it uses, such as `bash`; at most 200 characters. */
  readonly tool?: string;
  /** How much is done, of `total` if that is known; in units of the agent's own. */
  readonly done?: number;
  readonly total?: number;
}

/** The last progress of a turn, with its place. `at` is when it arrived, ISO 8601 in UTC. */
export interface ReportedProgress extends TurnProgress {
  readonly fleet: string;
  readonly run: string;
  readonly agent: string;
  readonly turnId: string;
  readonly at: string;
}

/** The most characters of the texts. */
export const PROGRESS_LENGTHS = { text: 1_000, tool: 200 } as const;

/** How often one turn may report its progress. */
export const PROGRESS_PER_SECOND = 4;

/** The name of the event of a progress in the stream of events; it has no id. */
export const PROGRESS_EVENT = 'turn.progress';
