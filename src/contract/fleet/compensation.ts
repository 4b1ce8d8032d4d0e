/** The undo log of a change as plain JSON (docs/provisioning.md, "When even the removal fails"). */
import type { ErrorCode } from '../errors';

/** How the undo of a change stands. `pending`: not begun. */
export type CompensationState = 'pending' | 'compensating' | 'compensated' | 'failed';

/** How the undo of one entry ended. */
export type EntryOutcome = 'pending' | 'undone' | 'nothing_to_undo' | 'failed';

/** One effect to undo, written before the effect itself. `key` alone is enough to undo it. */
export interface CompensationEntry {
  readonly kind: string;
  readonly name: string;
  readonly key: string;
  readonly resourceId: string | null;
  readonly outcome: EntryOutcome;
  readonly error: string | null;
}

/** One line of the append-only audit: a requested transition, accepted or refused. */
export interface CompensationAudit {
  readonly at: string;
  readonly attempt: number;
  readonly revision: number;
  readonly from: CompensationState;
  readonly to: CompensationState;
  readonly accepted: boolean;
  readonly why: string | null;
}

/** Counts since the record was created; `refused` by error code. */
export interface CompensationMetrics {
  readonly planned: number;
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  readonly refused: Readonly<Partial<Record<ErrorCode, number>>>;
}

/** The undo log. */
export interface CompensationRecord {
  readonly id: string;
  readonly fleet: string;
  readonly revision: number;
  readonly attempt: number;
  readonly state: CompensationState;
  readonly entries: readonly CompensationEntry[];
  readonly reason: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly audit: readonly CompensationAudit[];
  readonly metrics: CompensationMetrics;
}
