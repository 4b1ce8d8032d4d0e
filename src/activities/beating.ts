/** Activities that take their time tell the server that they live, and hear in return that they are cancelled. */
import { Context } from '@temporalio/activity';

/** A quarter of the shortest heartbeat timeout (20 s, workflows/activities.ts). */
const BEAT_EVERY_MS = 5_000;

/** Does the work while the current activity beats. */
export async function whileBeating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(), BEAT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
