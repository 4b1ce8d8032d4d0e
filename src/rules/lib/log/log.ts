/** The log of a workflow: a ring of numbered events (docs/events.md). */
import {
  eventId,
  type EventLog,
  type LogAnswer,
  type LogEntry,
  type LogQuery,
  type NewEntry,
} from '../../../contract/event/log';
import { jsonBytes } from '../json-bytes';

/** The most entries of a log. */
export const MOST_ENTRIES = 64;
/** The most bytes of a log's entries as JSON. */
export const MOST_LOG_BYTES = 32 * 1024;
/** Numbers per millisecond of a start: a workflow appends fewer in a millisecond of its life. */
const PER_MS = 1_000;

/** The log of a state before its workflow begins; `begunLog` gives it its first number. */
export const UNBEGUN_LOG: EventLog = { first: 0, next: 0, lostAt: null, entries: [] };

/** The log of a workflow that has started at this time (epoch ms); one that has begun stays. */
export function begunLog(log: EventLog, startedAt: number): EventLog {
  if (log.next > 0) return log;
  const first = Math.max(1, startedAt * PER_MS);
  return { ...log, first, next: first };
}

/** Appends an entry at a time (epoch ms). The oldest entries leave if the log is full. */
export function append(log: EventLog, { type, data }: NewEntry, now: number): EventLog {
  const all: readonly LogEntry[] = [...log.entries, { seq: log.next, at: now, type, data: { ...data } }];
  const kept = newestThatFit(all);
  const lost = all[all.length - kept.length - 1];
  return { ...log, next: log.next + 1, lostAt: lost?.at ?? log.lostAt, entries: kept };
}

/** The newest entries within both limits; the last one always, as its maker has bounded it. */
function newestThatFit(entries: readonly LogEntry[]): readonly LogEntry[] {
  let bytes = 0;
  for (let kept = 1; kept <= entries.length; kept += 1) {
    bytes += jsonBytes(entries.at(-kept));
    if (kept > 1 && (kept > MOST_ENTRIES || bytes > MOST_LOG_BYTES)) return entries.slice(1 - kept);
  }
  return entries;
}

/** Appends several entries at the same time. */
export function appendAll(log: EventLog, entries: readonly NewEntry[], now: number): EventLog {
  return entries.reduce((grown, entry) => append(grown, entry, now), log);
}

/** The entries that `after` has and `before` did not have. */
export function appended(before: EventLog, after: EventLog): readonly LogEntry[] {
  return after.next === before.next ? [] : after.entries.filter(({ seq }) => seq >= before.next);
}

/**
 * The answer to the query `log` of this workflow. A number beyond the log is of a later incarnation, or
 * from before a reset: then the answer has all entries, and the reader decides which are new.
 */
export function answerLog(log: EventLog, workflowId: string, query: LogQuery = {}): LogAnswer {
  const { first, next } = log;
  const asked = query.after !== undefined && query.after >= next ? {} : query;
  const { after, since } = asked;
  const wanted = log.entries.filter(
    ({ seq, at }) => (after === undefined || seq > after) && (since === undefined || at > since),
  );
  return { first, next, entries: wanted.map((entry) => logged(workflowId, entry)), missed: missedOf(log, asked) };
}

/** An entry as an event. */
export function logged(workflowId: string, { seq, at, type, data }: LogEntry): LogAnswer['entries'][number] {
  return { seq, id: eventId(workflowId, seq), at: new Date(at).toISOString(), type, data };
}

function missedOf({ first, next, lostAt, entries }: EventLog, { after, since }: LogQuery): number {
  const oldest = entries[0]?.seq ?? next;
  if (after !== undefined) return Math.max(0, oldest - Math.max(after + 1, first));
  return since === undefined || (lostAt !== null && lostAt > since) ? oldest - first : 0;
}
