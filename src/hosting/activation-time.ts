/** The time limit of one workflow activation on its thread. */

/** The longest limit that the SDK accepts, 49 days; its debug mode uses the same value. */
const LONGEST_MS = 2 ** 32 - 1;

/**
 * Options of every worker that runs workflows. By default the SDK interrupts an activation after 5
 * s. If that hits one of the SDK's promise hooks, Node aborts the process, and the same history
 * aborts it again after every restart (docs/decisions/0018-activations-are-not-interrupted.md). The
 * option is not in the SDK's types, so a test checks that the worker takes it.
 */
export const UNINTERRUPTED: object = { isolateExecutionTimeout: LONGEST_MS };
