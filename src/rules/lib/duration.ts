/** Durations as written in files and messages, and their milliseconds: the contract's, under the rules' own roof. */
export { durationMs, formatDuration, LONGEST_DURATION_MS } from '../../contract/duration';
