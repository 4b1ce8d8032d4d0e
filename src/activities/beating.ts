/** Activities that take their time tell the server that they live, and hear in return that they are cancelled. */
import { Context } from '@temporalio/activity';

/** A quarter of the shortest heartbeat timeout (10 s, workflows/activities.ts). */
const BEAT_EVERY_MS = 2_500;

/**
 * Does the work while the current activity beats. What is done before the first beat is due costs no call to the server. `memory`: what
 * the next attempt finds in its heartbeat details.
 */
export async function whileBeating<T>(work: () => Promise<T>, memory?: () => unknown): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(memory?.()), BEAT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
