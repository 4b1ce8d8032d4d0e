/**
 * What a failed call to a model's provider says of the credential (docs/subscriptions.md, "What counts as which failure"): one rule for the turn activity
 * and for the agents' library.
 */
import { kindOfText } from './text';
import { resetOfHeaders, resetOfText } from './reset-time';
import type { SubscriptionFailure } from '../agent/subscription';

/** What is known of the failure. `headers` with names in lower case; `exitCode` of a process, where one failed. */
export interface FailureFacts {
  readonly status?: number | undefined;
  readonly message?: string | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly exitCode?: number | undefined;
}

/** A process that was killed says nothing of its credential, whatever it printed last. */
const KILLED_CODES: readonly number[] = [-9, 137, 143];
const KILLED = /out of memory|\bSIGKILL\b|\bSIGTERM\b|exit(?:ed)?(?: with)?(?: code)?:? (?:-9|137|143)\b/i;
const AUTH_STATUS: readonly number[] = [401, 402, 403];

/** What the failure means. `now` in epoch milliseconds. */
export function classifyFailure(facts: FailureFacts, now: number): SubscriptionFailure {
  const { status, message = '', exitCode } = facts;
  if ((exitCode !== undefined && KILLED_CODES.includes(exitCode)) || KILLED.test(message)) return { kind: 'other' };
  if (status !== undefined && AUTH_STATUS.includes(status)) return { kind: 'auth' };
  const kind = status === 429 ? 'rate_limit' : ((mayBeText(status) ? kindOfText(message) : null) ?? 'other');
  if (kind !== 'rate_limit') return { kind };
  const at = resetOfHeaders(facts.headers ?? {}, now) ?? resetOfText(message, now);
  return { kind, ...(at === null ? {} : { resetAt: new Date(at).toISOString() }) };
}

/** Whether only words tell what the failure is: there is no status, or the one that says nothing but "wrong". */
function mayBeText(status: number | undefined): boolean {
  return status === undefined || status === 400;
}
