/** Asks a worker, by an activity of its own, for facts that only the worker's machine has. */
import { randomUUID } from 'node:crypto';
import { ActivityExecutionFailedError, type ActivityOptions } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import { DroverError } from '../../contract/errors';
import type { Calls } from './calls';

/** How long a worker may take to begin: one that restarts is back by then, and a person waits for the answer. */
const TAKEN_WITHIN_MS = 10_000;

/** A question to the worker of a task queue. */
export interface WorkerQuestion {
  /** The beginning of the activity's id. */
  readonly about: string;
  readonly taskQueue: string;
  /** How long the answer may take once a worker has begun, in milliseconds. */
  readonly answerMs: number;
  /** The message of `Unavailable` if no worker answers in time. */
  readonly unanswered: string;
}

/** Starts the activity once and waits for its result. Throws `Unavailable` if no worker answers in time. */
export function askWorker<T>(
  calls: Calls,
  { about, taskQueue, answerMs, unanswered }: WorkerQuestion,
  execute: (options: Omit<ActivityOptions, 'args'>) => Promise<T>,
): Promise<T> {
  const options = {
    id: `${about}/${randomUUID()}`,
    taskQueue,
    scheduleToStartTimeout: TAKEN_WITHIN_MS,
    startToCloseTimeout: answerMs,
    // The caller asks again; a second attempt would answer to a caller that is gone.
    retry: { maximumAttempts: 1 },
  };
  return calls.within(null, { timeoutMs: TAKEN_WITHIN_MS + answerMs }, () =>
    execute(options).catch((error: unknown) => {
      const isSilent = error instanceof ActivityExecutionFailedError && error.cause instanceof TimeoutFailure;
      throw isSilent ? new DroverError('Unavailable', unanswered, undefined, { cause: error }) : error;
    }),
  );
}
