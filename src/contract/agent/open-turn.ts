/** A turn of an agent that is not answered yet, for its view. */

/**
 * A turn that an agent has in flight or in its queue, as the agent's workflow sees it. Times are
 * ISO 8601 in UTC.
 */
export interface OpenTurn {
  readonly turnId: string;
  readonly run: string;
  readonly branch: string;
  readonly state: 'in_flight' | 'queued';
  /** How often the agent has received it; 0: not yet. */
  readonly attempt: number;
  /** When it arrived. */
  readonly since: string;
  /** When the current attempt began; null while it is queued. */
  readonly startedAt: string | null;
  /** When a failed attempt is repeated at the earliest; null: as soon as it is its turn. */
  readonly askAgainAt: string | null;
  /** The number of the agent's turns that come first; 0 for a turn in flight. */
  readonly before: number;
  /** Why the last attempt failed, in one line; null: none has failed. */
  readonly error: string | null;
}
