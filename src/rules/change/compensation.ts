/**
 * The compensation planner: a record of what to undo, with guarded transitions (docs/provisioning.md, "When even the removal fails"). Every function is pure; times are
 * ISO 8601 and come from the caller. The record is plain JSON.
 */
import type {
  CompensationAudit,
  CompensationEntry,
  CompensationRecord,
  CompensationState,
  EntryOutcome,
} from '../../contract/fleet/compensation';
import { DroverError, type ErrorCode } from '../../contract/errors';
import { boundedList, boundedText, SHORT_BYTES, shareBytes } from '../../contract/text';

/** The arrows of the page; any other pair is refused with `CompensationStateError`. */
const TRANSITIONS: Readonly<Record<CompensationState, readonly CompensationState[]>> = {
  pending: ['compensating'],
  compensating: ['compensated', 'failed'],
  failed: ['compensating'],
  compensated: [],
};

/** A transition that is asked for. */
export interface TransitionRequest {
  readonly to: CompensationState;
  readonly attempt: number;
  readonly revision: number;
  readonly at: string;
  readonly why?: string;
}

/** Transitions that are kept, the last ones; `metrics` counts them all. An attempt has two, and each refusal is one. */
const AUDIT_KEPT = 100;

/** What became of it: the record has the audit of it either way; `refused` says why not. */
export interface TransitionResult {
  readonly record: CompensationRecord;
  readonly refused: DroverError | null;
}

/** A record without entries, before anything has been done. */
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

/** Writes the intent of an effect down, before the effect; a key that is there already is the same intent. */
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

/** Writes down what the effect made. */
export function recordResource(
  record: CompensationRecord,
  key: string,
  resourceId: string,
  at: string,
): CompensationRecord {
  return withEntry(record, key, at, (entry) => ({ ...entry, resourceId }));
}

/**
 * Asks for a transition. The guards stand in the order of the page; an accepted `compensating` makes entries whose undo failed
 * pending again. An end (`compensated`, `failed`) must name the attempt that runs: an earlier one is stale.
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
      metrics: counted(record, request.to),
      entries: begins ? record.entries.map(againPending) : record.entries,
    },
  };
}

function guard(record: CompensationRecord, { to, attempt, revision }: TransitionRequest): DroverError | null {
  const { id, state } = record;
  if (state === 'compensated') return refusal('DuplicateCompensation', `${id} is compensated already`, record);
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

function counted({ metrics }: CompensationRecord, to: CompensationState): CompensationRecord['metrics'] {
  if (to === 'compensating') return { ...metrics, started: metrics.started + 1 };
  return to === 'compensated'
    ? { ...metrics, completed: metrics.completed + 1 }
    : { ...metrics, failed: metrics.failed + 1 };
}

function againPending(entry: CompensationEntry): CompensationEntry {
  return entry.outcome === 'failed' ? { ...entry, outcome: 'pending', error: null } : entry;
}

/** What is left to undo, newest first. */
export function undoOrder(record: CompensationRecord): CompensationEntry[] {
  return record.entries.filter(({ outcome }) => outcome === 'pending').reverse();
}

/** Writes down how the undo of one entry ended. Only while compensating, and only once: a second delivery changes nothing. */
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

/** Ends the attempt that runs: `compensated` when every entry is undone or was nothing, `failed` otherwise. */
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
