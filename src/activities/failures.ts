/** The one translation of activities: our errors to the failures that Temporal retries, or does not. */
import { ApplicationFailure, ApplicationFailureCategory, TemporalFailure } from '@temporalio/common';
import { DroverError } from '../contract/errors';
import { messageOf } from '../contract/text';

/** How to ask again. */
export interface RetryAdvice {
  /** A repeat would fail alike. */
  readonly permanent?: boolean;
  /** When, in milliseconds, in place of the policy's own backoff. */
  readonly retryAfterMs?: number;
  /** Part of ordinary life: not worth a warning in the worker's log. */
  readonly expected?: boolean;
}

/** An error as a failure with `type` = its code and `details[0]` = its JSON form. */
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
 * What a provider threw, as a failure. Only its own errors can be permanent; a full disk or a lost connection is asked again. `attempt`
 * (from 1) is told along: what the first one was refused for good has never reached the other side before.
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
