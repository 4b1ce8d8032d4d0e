/** The one translation between our errors and Temporal's, in both directions. */
import { ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/common';
import { type ErrorBody, DroverError, isErrorCode } from '../../contract/errors';

/**
 * What a workflow throws to a caller. Anything that is not a Temporal failure already becomes a non-retryable one, because any
 * other error thrown in a handler fails the workflow task, for ever.
 */
export function asFailure(error: unknown): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  const body = errorBody(error);
  return ApplicationFailure.create({ type: body.code, message: body.message, nonRetryable: true, details: [body] });
}

/** Runs a handler or a validator, translating what it throws. */
export function translating<T>(decide: () => T): T {
  try {
    return decide();
  } catch (error) {
    throw asFailure(error);
  }
}

/** The error behind any failure: the innermost cause that carries one of our codes, else `Internal` with the deepest message. */
export function errorBody(error: unknown): ErrorBody {
  let deepest = 'unknown error';
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DroverError) return cause.toBody();
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return bodyOf(cause, cause.type);
    deepest = cause.message;
  }
  return { code: 'Internal', message: deepest };
}

function bodyOf(failure: ApplicationFailure, code: ErrorBody['code']): ErrorBody {
  const detail: unknown = failure.details?.[0];
  const details = isBody(detail) ? detail.details : undefined;
  return { code, message: failure.message, ...(details === undefined ? {} : { details }) };
}

function isBody(detail: unknown): detail is ErrorBody {
  return typeof detail === 'object' && detail !== null && 'code' in detail && 'message' in detail;
}

/** How gRPC writes an error of its own: `13 INTERNAL: …`. */
const GRPC_STATUS = /^\d+ [A-Z_]+: /;
/** What our activities raise where they do not know what happened, or could not ask. */
const UNKNOWN_OUTCOMES: readonly string[] = ['Internal', 'Unavailable', 'Timeout'];

/**
 * Whether an activity's failure says nothing of what was asked: its worker was lost, or the server or a client of it has failed. A plain
 * `Error` is the other side's own answer, as are all of our other codes.
 */
export function saysNothing(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TimeoutFailure) return true;
    if (!(cause instanceof ApplicationFailure)) continue;
    // Its task has failed for long (client/temporal/unanswered.ts): to ask again is no use.
    if (cause.nonRetryable && cause.type === 'Unavailable') return false;
    if (GRPC_STATUS.test(cause.message)) return true;
    if (isErrorCode(cause.type)) return UNKNOWN_OUTCOMES.includes(cause.type);
    return cause.type !== 'Error';
  }
  return false;
}
