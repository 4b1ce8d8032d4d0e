/** The log of an agent in parts, as its host's worker reads it and the gateway hands it on. */

/** Which part to read. */
export interface LogPartRequest {
  /** The `next` of the part before; without it the log is read from its beginning, `since` or `tail`. */
  readonly after?: string;
  /** Only this many of the last lines; for the first part. */
  readonly tail?: number;
  /** Only lines from this time on, ISO 8601; for the first part. */
  readonly since?: string;
  /** How many milliseconds to wait for a new line if none is there yet. */
  readonly waitMs?: number;
}

/**
 * A line without its newline. `at` is in ISO 8601: for a container the time of its engine, for a
 * process the time by which the line was in its log, noted every 15 s.
 */
export interface LogLine {
  readonly at: string;
  readonly line: string;
}

/** Whole lines, at most 64 KiB of them. `more`: further lines are there already. */
export interface LogPart {
  readonly lines: readonly LogLine[];
  /** Where the next part begins. */
  readonly next: string;
  readonly more: boolean;
}

/** Bytes of a part. */
export const LOG_PART_BYTES = 64 * 1024;
/** Bytes of a line; the rest of a longer one is left out. */
export const LOG_LINE_BYTES = 16 * 1024;
/** The longest wait for a new line, in milliseconds: a reader that went away is noticed by then. */
export const LOG_WAIT_MS = 15_000;
/** The most lines that `tail` may ask for. */
export const LOG_TAIL_LINES = 10_000;
