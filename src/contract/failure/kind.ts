/**
 * Classifies a failed call to a model provider: whether its credential has failed
 * (docs/subscriptions.md, "What counts as which failure"). The turn activity and the agents'
 * library share this rule.
 */
import { kindOfText } from './text';
import { resetOfHeaders, resetOfText } from './reset-time';
import type { SubscriptionFailure } from '../agent/subscription';

/**
 * The facts of a failure. Names of `headers` are in lower case; `exitCode` is that of a failed
 * process.
 */
export interface FailureFacts {
  readonly status?: number | undefined;
  readonly message?: string | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly exitCode?: number | undefined;
}

/** The exit codes of killed processes. Their last output says nothing about the credential. */
const KILLED_CODES: readonly number[] = [-9, 137, 143];
const KILLED = /out of memory|\bSIGKILL\b|\bSIGTERM\b|exit(?:ed)?(?: with)?(?: code)?:? (?:-9|137|143)\b/i;
const AUTH_STATUS: readonly number[] = [401, 402, 403];

/** Classifies a failure. `now` is in epoch milliseconds. */
export function classifyFailure(facts: FailureFacts, now: number): SubscriptionFailure {
  const { status, message = '', exitCode } = facts;
  if ((exitCode !== undefined && KILLED_CODES.includes(exitCode)) || KILLED.test(message)) return { kind: 'other' };
  if (status !== undefined && AUTH_STATUS.includes(status)) return { kind: 'auth' };
  const kind = status === 429 ? 'rate_limit' : ((mayBeText(status) ? kindOfText(message) : null) ?? 'other');
  if (kind !== 'rate_limit') return { kind };
  const at = resetOfHeaders(facts.headers ?? {}, now) ?? resetOfText(message, now);
  return { kind, ...(at === null ? {} : { resetAt: new Date(at).toISOString() }) };
}

/** Whether only the text can tell the kind: without a status, or with one that is unspecific. */
function mayBeText(status: number | undefined): boolean {
  return status === undefined || status === 400;
}
