/** Watches a call to a workflow, and explains why it got no answer. */
import type { Client } from '@temporalio/client';
import type { DroverError } from '../../contract/errors';
import { isLeftUnanswered, whyNotReplayed } from './error-kinds';
import { asDroverError } from './errors';
import type { Subject } from './subject';
import { lookForFailures, notReplayed, unansweredError, watchForFailures } from './unanswered';

/** Rejects once the workflow's task is seen to fail repeatedly; never resolves. */
export async function seenToFail(client: Client, subject: Subject, signal: AbortSignal): Promise<never> {
  const unanswered = await watchForFailures(client, subject.workflowId, signal);
  if (unanswered) throw unansweredError(subject, unanswered);
  return new Promise(() => undefined);
}

/**
 * Translates an error. If the workflow did not answer, the error has the reason that the server
 * knows.
 */
export async function explained(client: Client, subject: Subject | null, error: unknown): Promise<DroverError> {
  const translated = asDroverError(error, subject);
  const why = whyNotReplayed(error);
  if (!subject || (why === undefined && !isLeftUnanswered(error))) return translated;
  const seen = await lookForFailures(client, subject.workflowId).catch(() => null);
  const unanswered = seen ?? (why === undefined ? null : notReplayed(why));
  return unanswered ? unansweredError(subject, unanswered, error) : translated;
}
