/**
 * The undo log of a change, with guarded transitions (docs/provisioning.md). The record is plain
 * JSON; times are ISO 8601 and come from the caller.
 */
import type {
  CompensationAudit,
  CompensationEntry,
  CompensationRecord,
  CompensationState,
  EntryOutcome,
} from '../../contract/fleet/compensation';
import { formatDuration } from '../../contract/values/duration';
import { DroverError, type ErrorCode } from '../../contract/errors';
import { boundedList, boundedText, SHORT_BYTES, shareBytes } from '../../contract/text';

/**
 * The states that may follow each state; any other pair is refused with `CompensationStateError`.
 */
const TRANSITIONS: Readonly<Record<CompensationState, readonly CompensationState[]>> = {
  pending: ['compensating'],
  compensating: ['compensated', 'failed'],
  failed: ['compensating'],
  compensated: [],
};

/** A requested transition. */
export interface TransitionRequest {
  readonly to: CompensationState;
  readonly attempt: number;
  readonly revision: number;
  readonly at: string;
  readonly why?: string;
}

/**
 * How long one attempt of a compensation may take as a whole, in milliseconds
 * (docs/provisioning.md).
 */
export const COMPENSATION_LIMIT_MS = 24 * 3_600_000;

/** Why an entry has failed that was not undone when the attempt reached its limit. */
export function limitReached(): string {
  return `it was not undone within ${formatDuration(COMPENSATION_LIMIT_MS)}, the limit of an undo`;
}

/** The number of audits kept; `metrics` counts all. An attempt has two, a refusal one. */
const AUDIT_KEPT = 100;

/**
 * The outcome of a transition. The record has its audit in either case; `refused` is the refusal or
 * null.
 */
export interface TransitionResult {
  readonly record: CompensationRecord;
  readonly refused: DroverError | null;
}

/** A new record without entries. */
export function planCompensation(plan: {
  id: string;
  fleet: string;
  revision: number;
  at: string;
}): CompensationRecord {
  return {
    id: plan.id,
    fleet: plan.fleet,
    revision: plan.revision,
    attempt: 0,
    state: 'pending',
    entries: [],
    reason: null,
    createdAt: plan.at,
    updatedAt: plan.at,
    audit: [],
    metrics: { planned: 1, started: 0, completed: 0, failed: 0, refused: {} },
  };
}

/**
 * Writes the intent of an effect into the log, before the effect. A known key is the same intent.
 */
export function intend(
  record: CompensationRecord,
  intent: Pick<CompensationEntry, 'kind' | 'name' | 'key'>,
  at: string,
): CompensationRecord {
  if (record.entries.some(({ key }) => key === intent.key)) return record;
  const { kind, name, key } = intent;
  const entry: CompensationEntry = { kind, name, key, resourceId: null, outcome: 'pending', error: null };
  return { ...record, entries: [...record.entries, entry], updatedAt: at };
}

/** Adds the id of the resource that the effect created. */
export function recordResource(
  record: CompensationRecord,
  key: string,
  resourceId: string,
  at: string,
): CompensationRecord {
  return withEntry(record, key, at, (entry) => ({ ...entry, resourceId }));
}

/**
 * Makes a transition, or refuses it. `compensating` begins a new attempt and sets entries whose
 * undo failed back to pending. `compensated` and `failed` must name the current attempt, because an
 * earlier one is stale.
 */
export function transition(record: CompensationRecord, request: TransitionRequest): TransitionResult {
  const refused = guard(record, request);
  const audit = [...record.audit, auditOf(record, request, refused)].slice(-AUDIT_KEPT);
  if (refused) {
    const count = (record.metrics.refused[refused.code] ?? 0) + 1;
    const metrics = { ...record.metrics, refused: { ...record.metrics.refused, [refused.code]: count } };
    return { record: { ...record, audit, metrics, updatedAt: request.at }, refused };
  }
  const begins = request.to === 'compensating';
  return {
    refused: null,
    record: {
      ...record,
      audit,
      state: request.to,
      attempt: request.attempt,
      reason: request.why ?? record.reason,
      updatedAt: request.at,
      metrics: countTransition(record, request.to),
      entries: begins ? record.entries.map(resetFailed) : record.entries,
    },
  };
}

function guard(record: CompensationRecord, { to, attempt, revision }: TransitionRequest): DroverError | null {
  const { id, state } = record;
  if (state === 'compensated') return refusal('DuplicateCompensation', `${id} is already compensated`, record);
  if (revision !== record.revision) {
    const is = `${id} belongs to revision ${String(record.revision)}, not ${String(revision)}`;
    return refusal('StaleRevision', is, record);
  }
  const stale = to === 'compensating' ? attempt <= record.attempt : attempt < record.attempt;
  if (stale) {
    const next = `the last attempt was ${String(record.attempt)}; ask with --attempt ${String(record.attempt + 1)}`;
    return refusal('StaleAttempt', `attempt ${String(attempt)} of ${id} is stale: ${next}`, record);
  }
  const known = TRANSITIONS[state].includes(to) && (to === 'compensating' || attempt === record.attempt);
  return known ? null : refusal('CompensationStateError', `${id} is ${state} and cannot become ${to}`, record);
}

function refusal(code: ErrorCode, message: string, { state, attempt, revision }: CompensationRecord): DroverError {
  return new DroverError(code, message, { current: { state, attempt, revision } });
}

function auditOf(
  record: CompensationRecord,
  request: TransitionRequest,
  refused: DroverError | null,
): CompensationAudit {
  const { at, attempt, revision, to } = request;
  const said = refused?.message ?? request.why ?? null;
  const why = said === null ? null : boundedText(said, SHORT_BYTES);
  return { at, attempt, revision, from: record.state, to, accepted: refused === null, why };
}

function countTransition({ metrics }: CompensationRecord, to: CompensationState): CompensationRecord['metrics'] {
  if (to === 'compensating') return { ...metrics, started: metrics.started + 1 };
  return to === 'compensated'
    ? { ...metrics, completed: metrics.completed + 1 }
    : { ...metrics, failed: metrics.failed + 1 };
}

function resetFailed(entry: CompensationEntry): CompensationEntry {
  return entry.outcome === 'failed' ? { ...entry, outcome: 'pending', error: null } : entry;
}

/** The entries that are still to be undone, newest first. */
export function undoOrder(record: CompensationRecord): CompensationEntry[] {
  return record.entries.filter(({ outcome }) => outcome === 'pending').reverse();
}

/**
 * Records the outcome of an entry's undo, while compensating and only once: a second delivery
 * changes nothing.
 */
export function settleEntry(
  record: CompensationRecord,
  key: string,
  outcome: Exclude<EntryOutcome, 'pending'>,
  at: string,
  error: string | null = null,
): CompensationRecord {
  if (record.state !== 'compensating') return record;
  const told = error === null ? null : boundedText(error, shareBytes(record.entries.length));
  return withEntry(record, key, at, (entry) =>
    entry.outcome === 'pending' ? { ...entry, outcome, error: told } : entry,
  );
}

/**
 * Ends the current attempt: `compensated` where every entry is undone or was never created, else
 * `failed`.
 */
export function finishAttempt(record: CompensationRecord, at: string): TransitionResult {
  const left = record.entries.filter(({ outcome }) => outcome === 'pending' || outcome === 'failed');
  const why = boundedList(left.map(({ name, error }) => `${name}: ${error ?? 'not undone'}`));
  const { attempt, revision } = record;
  const to = left.length === 0 ? 'compensated' : 'failed';
  return transition(record, { to, attempt, revision, at, ...(why === '' ? {} : { why }) });
}

function withEntry(
  record: CompensationRecord,
  key: string,
  at: string,
  change: (entry: CompensationEntry) => CompensationEntry,
): CompensationRecord {
  const entries = record.entries.map((entry) => (entry.key === key ? change(entry) : entry));
  return { ...record, entries, updatedAt: at };
}
