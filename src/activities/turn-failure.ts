/** What an agent's answer to a turn says of the credential that it works with. */
import { classifyFailure } from '../contract/failure/kind';
import { readJson } from '../contract/json';
import { FAILURE_FIELD } from '../contract/protocol';
import type { SubscriptionFailure } from '../contract/agent/subscription';
import { type HttpAnswer, isSuccess } from '../providers/http-call';

/** Statuses that say nothing of an agent's credential unless it is a limit or a refusal of one. */
const TELLING: readonly number[] = [400, 401, 402, 403, 429];

/** Null: it did not fail, or not because of its credential. `now` in epoch milliseconds. */
export function turnFailure(answer: HttpAnswer, now: number): SubscriptionFailure | null {
  const { status } = answer;
  if (isSuccess(answer)) return ofReply(answer.text ?? '', now);
  if (!TELLING.includes(status) || isAboutOurToken(answer)) return null;
  return relevant(classifyFailure({ status, headers: singleHeaders(answer), message: answer.text ?? '' }, now));
}

/** A `fail` says it itself (the agents' library adds the field), or its error is one that we know. */
function ofReply(text: string, now: number): SubscriptionFailure | null {
  const reply = parsed(text);
  if (reply?.['action'] !== 'fail') return null;
  const given = reply[FAILURE_FIELD];
  if (isFailure(given)) {
    const { kind, resetAt } = given;
    const isTime = resetAt !== undefined && !Number.isNaN(Date.parse(resetAt));
    return relevant({ kind, ...(isTime ? { resetAt: new Date(resetAt).toISOString() } : {}) });
  }
  return relevant(classifyFailure({ message: textOf(reply['error']) }, now));
}

/** The reply as branches know it. */
export function withoutFailure(reply: unknown): unknown {
  if (typeof reply !== 'object' || reply === null || !(FAILURE_FIELD in reply)) return reply;
  const { [FAILURE_FIELD]: _failure, ...rest } = reply;
  return 'action' in rest && rest.action === 'fail' ? rest : reply;
}

function relevant(failure: SubscriptionFailure): SubscriptionFailure | null {
  return failure.kind === 'other' ? null : failure;
}

/** An agent that does not know Drover's token refuses Drover, and its provider has refused nobody. */
function isAboutOurToken({ status, headers, text = '' }: HttpAnswer): boolean {
  return status === 401 && (headers['www-authenticate'] !== undefined || text.includes('token of this agent'));
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  const read = readJson(text);
  const value = 'value' in read ? read.value : null;
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

function isFailure(value: unknown): value is SubscriptionFailure {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const resetAt = 'resetAt' in value ? value.resetAt : undefined;
  return (
    ['rate_limit', 'auth', 'other'].includes(textOf(value.kind)) && ['string', 'undefined'].includes(typeof resetAt)
  );
}

/** Not by `String`: what an agent sends may have a `toString` that is none. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function singleHeaders({ headers }: HttpAnswer): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
