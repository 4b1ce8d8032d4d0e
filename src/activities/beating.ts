/** Heartbeats of long activities. The answer of the server to a heartbeat carries a cancellation. */
import { Context } from '@temporalio/activity';
import { whileRepeating } from './repeating';

/** A quarter of the shortest heartbeat timeout (10 s, src/workflows/activities/policies.ts). */
const BEAT_EVERY_MS = 2_500;

/**
 * Runs the work while the current activity heartbeats. Work that ends before the first heartbeat costs no call to the server. `memory`
 * returns the heartbeat details for the next attempt.
 */
export async function whileBeating<T>(work: () => Promise<T>, memory?: () => unknown): Promise<T> {
  const context = Context.current();
  return whileRepeating(
    BEAT_EVERY_MS,
    () => {
      context.heartbeat(memory?.());
    },
    work,
  );
}
