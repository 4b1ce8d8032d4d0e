/** How long one activation of a workflow may take on its thread. */

/** As long as the SDK can say, 49 days: its own debug mode takes the same value. */
const LONGEST_MS = 2 ** 32 - 1;

/**
 * Options of every worker that runs workflows. By default the SDK interrupts an activation after 5 s, and Node aborts when that hits one of the
 * SDK's promise hooks: the process is gone, and the same history does it again after every restart (decision 18). The option is not in the
 * SDK's types, so a test looks whether the worker has taken it.
 */
export const UNINTERRUPTED: object = { isolateExecutionTimeout: LONGEST_MS };
