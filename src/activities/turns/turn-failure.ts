/** Finds out whether an agent's answer to a turn reports a failure of its credential. */
import { classifyFailure } from '../../contract/failure/kind';
import { readJson } from '../../contract/values/json';
import { FAILURE_FIELD } from '../../contract/protocol';
import type { SubscriptionFailure } from '../../contract/agent/subscription';
import { type HttpAnswer, isSuccess } from '../../providers/http-call';

/** Statuses that may report a limit or a refusal of a credential. */
const TELLING: readonly number[] = [400, 401, 402, 403, 429];

/** The failure of the credential; null if its credential has not failed. `now` is in epoch milliseconds. */
export function turnFailure(answer: HttpAnswer, now: number): SubscriptionFailure | null {
  const { status } = answer;
  if (isSuccess(answer)) return ofReply(answer.text ?? '', now);
  if (!TELLING.includes(status) || isAboutOurToken(answer)) return null;
  return relevant(classifyFailure({ status, headers: singleHeaders(answer), message: answer.text ?? '' }, now));
}

/** Reads the failure from a reply `fail`: from its field, which the agents' library adds, or from its error text. */
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

/** The reply without the field of the failure, as branches receive it. */
export function withoutFailure(reply: unknown): unknown {
  if (typeof reply !== 'object' || reply === null || !(FAILURE_FIELD in reply)) return reply;
  const { [FAILURE_FIELD]: _failure, ...rest } = reply;
  return 'action' in rest && rest.action === 'fail' ? rest : reply;
}

function relevant(failure: SubscriptionFailure): SubscriptionFailure | null {
  return failure.kind === 'other' ? null : failure;
}

/** Whether the agent has refused Drover's own token, so that its provider was not called. */
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

/** Avoids `String`, because a value from an agent may have a `toString` that is not a function. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function singleHeaders({ headers }: HttpAnswer): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
