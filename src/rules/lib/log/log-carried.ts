/** Parses a log that an earlier run has left, and the argument of the query `log`. */
import { EVENT_TYPES } from '../../../contract/event';
import type { EventLog, LogEntry, LogQuery } from '../../../contract/event/log';
import { stateOf, time } from '../carried';
import { message } from '../message';
import { integer, json, list, nullable, oneOf, optional, type Parser, record } from '../parse';
import { MOST_ENTRIES } from './log';

const entry = stateOf<LogEntry>()({ seq: integer(), at: time, type: oneOf(...EVENT_TYPES), data: record(json) });

/** The log within a carried state. */
export const parseEventLog: Parser<EventLog> = stateOf<EventLog>()({
  first: integer(),
  next: integer(),
  lostAt: nullable(time),
  entries: list(entry, MOST_ENTRIES),
});

/** The argument of the query `log`. */
export const parseLogQuery: Parser<LogQuery> = message({ after: optional(integer()), since: optional(time) });
