/** Durations as written in files and messages, and their milliseconds. */
export { durationMs, formatDuration, LONGEST_DURATION_MS } from '../../contract/values/duration';
