/**
 * How long a test waits for a condition, in milliseconds. It says nothing about how long the condition takes: it only ends a test
 * whose condition never comes true, with its last value, before jest's own limit ends it without. The slowest wait on two
 * cores with two busy loops beside the suite was below 40 s.
 */
export const PATIENCE_MS = 180_000;
