/**
 * What a failed call to a model's provider says of the credential (subscriptions.md, "Classification"): one rule for the turn activity
 * and for the agents' library.
 */
import type { SubscriptionFailure } from './subscription';

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
/** The words of the providers and of their command line tools. */
const AUTH =
  /credit balance|token (?:has )?expired|not authenticated|authentication[_ ]error|invalid[_ ](?:x-)?api[_ -]key|incorrect api key|invalid bearer token|\bunauthorized\b|payment required|insufficient[_ ]quota/i;
const RATE_LIMIT =
  /rate[_ -]?limit|too many requests|usage limit|quota exceeded|(?:^|http(?:\/[\d.]+)?|status(?:[_ ]?code)?|code|error)\W{0,3}429\b/i;
const AUTH_STATUS: readonly number[] = [401, 402, 403];

/** Headers that say when a limit is lifted, the most precise ones last; seconds from now, epoch seconds or ISO 8601. */
const RESET_HEADERS = [
  'retry-after',
  'x-ratelimit-reset',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'anthropic-ratelimit-unified-reset',
  'anthropic-ratelimit-requests-reset',
  'anthropic-ratelimit-tokens-reset',
] as const;
/** Numbers above it are moments, not waits: epoch seconds of 2001. */
const EPOCH_SECONDS = 1_000_000_000;
/** No provider locks out for longer; what says so is misread. */
const LONGEST_RESET_MS = 31 * 24 * 3_600_000;

/** What the failure means. `now` in epoch milliseconds. */
export function classifyFailure(facts: FailureFacts, now: number): SubscriptionFailure {
  const { status, message = '', exitCode } = facts;
  if ((exitCode !== undefined && KILLED_CODES.includes(exitCode)) || KILLED.test(message)) return { kind: 'other' };
  if (status !== undefined && AUTH_STATUS.includes(status)) return { kind: 'auth' };
  const limited = status === 429 || (status === undefined && RATE_LIMIT.test(message) && !AUTH.test(message));
  if (!limited) return { kind: AUTH.test(message) ? 'auth' : 'other' };
  const resetAt = resetOf(facts.headers ?? {}, now);
  return { kind: 'rate_limit', ...(resetAt === null ? {} : { resetAt }) };
}

/** `Retry-After` says it for the very request that failed; else the last of the limits is what counts. */
function resetOf(headers: NonNullable<FailureFacts['headers']>, now: number): string | null {
  const moments = RESET_HEADERS.map((name) => momentOf(headers[name], now));
  const [retryAfter, ...others] = moments;
  const at = retryAfter ?? Math.max(...others.map((moment) => moment ?? 0));
  return at > now && at - now <= LONGEST_RESET_MS ? new Date(at).toISOString() : null;
}

function momentOf(value: string | undefined, now: number): number | null {
  if (value === undefined || value === '') return null;
  const number = Number(value);
  if (Number.isFinite(number)) return number >= EPOCH_SECONDS ? number * 1_000 : now + number * 1_000;
  const wait = waitMs(value);
  if (wait !== null) return now + wait;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}

/** `1m30s`, `250ms`: as some providers write it. */
function waitMs(value: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(value)) return null;
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0),
    0,
  );
}
