/** The log of a workflow: the events that it has recorded, numbered. */
import { fnv1a64 } from '../values/fnv';
import type { EventData } from './data';
import type { EventType } from './index';

/** One recorded event. */
export interface LogEntry<T extends EventType = EventType> {
  readonly seq: number;
  /** Epoch milliseconds, by the workflow's clock. */
  readonly at: number;
  readonly type: T;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An entry before it is numbered: a type with its data. */
export type NewEntry = { readonly [T in EventType]: { readonly type: T; readonly data: EventData[T] } }[EventType];

/**
 * The last entries of a workflow's log, oldest first. Continue-as-new carries it. Sequence numbers
 * have no holes, and grow from one incarnation of a workflow id to the next.
 */
export interface EventLog {
  /** The number of the first entry: the start of the workflow in ms, times 1,000. */
  readonly first: number;
  /** The number of the next entry. */
  readonly next: number;
  /** The time of the newest entry that was dropped; null: none was. */
  readonly lostAt: number | null;
  readonly entries: readonly LogEntry[];
}

/** The query of a log. */
export const LOG = 'log';

/** Only the entries after this number, or after this time (epoch milliseconds). */
export interface LogQuery {
  readonly after?: number;
  readonly since?: number;
}

/** An entry as the query returns it; `at` in ISO 8601. */
export interface LoggedEvent {
  readonly seq: number;
  readonly id: string;
  readonly at: string;
  readonly type: EventType;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The answer of the query. */
export interface LogAnswer {
  /** The number of the first entry that this incarnation of the workflow recorded. */
  readonly first: number;
  /** The number of the next entry: `after` of the next query is one less. */
  readonly next: number;
  readonly entries: readonly LoggedEvent[];
  /**
   * How many of the entries that were asked for are dropped already. By `since`, it counts all
   * dropped entries where at least one is younger.
   */
  readonly missed: number;
}

/** The id of an event, the same wherever it is delivered. */
export function eventId(workflowId: string, seq: number): string {
  return `evt_${fnv1a64(workflowId)}_${String(seq)}`;
}
