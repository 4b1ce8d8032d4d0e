/**
 * Calls to the host that holds a process. A host may be gone for good, so a change waits a while for its worker, says
 * that it does not answer, and goes on.
 */
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { DroverError } from '../../contract/errors';
import type { OwnedAgent } from '../../contract/fleet';
import { HOST_TAKES_WITHIN_MS } from '../activities/policies';

/**
 * Tries of a call that is not asked again patiently. More than one, as the time also runs out while the whole
 * installation is down: once the workflow is back, the worker of the host is back within the next try.
 */
export const HOST_TRIES = 3;

/**
 * Makes a call to the host of an agent, up to `tries` times. A call that no worker has taken fails with a retryable
 * `Unavailable` that names the host and `--forget`; it says nothing of the agent. `what` is the call in a few words.
 */
async function asked<T>(fleet: string, { host }: On, what: string, tries: number, call: () => Promise<T>): Promise<T> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await call();
    } catch (error) {
      if (host === undefined || !wasNeverTaken(error)) throw error;
      if (left === 0) throw unanswered(fleet, host, what);
    }
  }
}

/** Calls the host once, for callers that retry patiently. */
export function askHost<T>(fleet: string, on: On, what: string, call: () => Promise<T>): Promise<T> {
  return asked(fleet, on, what, 1, call);
}

/** Calls the host a few times, for a step that ends with a failure of the call. */
export function askHostAgain<T>(fleet: string, on: On, what: string, call: () => Promise<T>): Promise<T> {
  return asked(fleet, on, what, HOST_TRIES, call);
}

type On = Pick<OwnedAgent, 'host'>;

/** An activity of which no worker knows: its queue has no other end. */
function wasNeverTaken(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') return true;
  return false;
}

/** An `ApplicationFailure`, as an activity would raise it: what has waited for it asks again. */
function unanswered(fleet: string, host: string, what: string): ApplicationFailure {
  const seconds = String(HOST_TAKES_WITHIN_MS / 1_000);
  const body = new DroverError(
    'Unavailable',
    `host ${host} does not answer: no worker of it has taken "${what}" within ${seconds} s; start drover worker there, ` +
      `or give up what it holds with drover destroy ${fleet} --forget`,
    { host, waitedMs: HOST_TAKES_WITHIN_MS },
  ).toBody();
  return ApplicationFailure.create({ type: body.code, message: body.message, details: [body] });
}
