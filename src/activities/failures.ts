/** Converts Drover's errors to failures that Temporal retries or does not retry. */
import { ApplicationFailure, ApplicationFailureCategory, TemporalFailure } from '@temporalio/common';
import { DroverError } from '../contract/errors';
import { messageOf } from '../contract/text';

/** How Temporal must retry. */
export interface RetryAdvice {
  /** A retry would fail in the same way. */
  readonly permanent?: boolean;
  /** Delay of the next attempt in milliseconds, instead of the retry policy's backoff. */
  readonly retryAfterMs?: number;
  /** Expected in normal operation, so the worker logs no warning. */
  readonly expected?: boolean;
}

/** Converts an error to a failure whose `type` is its code and whose `details[0]` is its JSON form. */
export function asActivityFailure(
  error: DroverError,
  { permanent = false, retryAfterMs, expected = false }: RetryAdvice = {},
): ApplicationFailure {
  const body = error.toBody();
  return ApplicationFailure.create({
    type: body.code,
    message: body.message,
    nonRetryable: permanent,
    details: [body],
    ...(expected ? { category: ApplicationFailureCategory.BENIGN } : {}),
    ...(retryAfterMs === undefined ? {} : { nextRetryDelay: retryAfterMs }),
  });
}

/**
 * Converts an error of a provider to a failure. Only the provider's own errors can be permanent; a full disk or a lost connection is
 * retried. The details hold `attempt` (from 1): after a permanent refusal of the first one, no earlier call can have succeeded.
 */
export function asProviderFailure(error: unknown, attempt?: number): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  if (!(error instanceof DroverError)) {
    return asActivityFailure(new DroverError('ProviderError', messageOf(error)));
  }
  const { permanent, retryAfterMs } = error.details ?? {};
  const told = new DroverError(error.code, error.message, {
    ...error.details,
    ...(attempt === undefined ? {} : { attempt }),
  });
  return asActivityFailure(told, {
    permanent: permanent === true,
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  });
}
