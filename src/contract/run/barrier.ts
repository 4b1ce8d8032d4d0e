/** The barriers of a run that goes on. */
import type { SourceFailure } from '../agent/turns';

/** A barrier that is not decided yet: its sources as far as they are known now. */
export interface OpenBarrier {
  readonly arrived: readonly string[];
  readonly failed: readonly SourceFailure[];
  /** The branches that may still arrive: running, queued, or not yet begun at a rendezvous. */
  readonly open: number;
  /** How many sources must arrive; of a share, that of the sources known now. */
  readonly needed: number;
}

/** An open barrier in the view of a run. `branch` and `agent` are null for the root. */
export interface LiveBarrier extends OpenBarrier {
  readonly branch: string | null;
  readonly agent: string | null;
}
