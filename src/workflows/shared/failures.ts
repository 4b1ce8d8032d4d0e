/** Translates between Drover's errors and Temporal's failures, in both directions. */
import { ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';
import { type ErrorBody, DroverError, isErrorCode } from '../../contract/errors';

/**
 * Converts an error to what a workflow may throw. Every error that is not a Temporal failure becomes a non-retryable
 * `ApplicationFailure`, because any other exception of a handler fails the workflow task for ever.
 */
export function asFailure(error: unknown): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  const body = errorBody(error);
  return ApplicationFailure.create({ type: body.code, message: body.message, nonRetryable: true, details: [body] });
}

/** Runs a handler or a validator and converts its exceptions. */
export function translating<T>(decide: () => T): T {
  try {
    return decide();
  } catch (error) {
    throw asFailure(error);
  }
}

/** The error behind a failure: the outermost link that carries one of Drover's codes, else `Internal` with the innermost message. */
export function errorBody(error: unknown): ErrorBody {
  let deepest = 'unknown error';
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DroverError) return cause.toBody();
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return bodyOf(cause, cause.type);
    // The failure of a cancellation has no message of its own.
    deepest = cause.message || (isCancellation(cause) ? 'it was cancelled' : deepest);
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

/** Matches the form of gRPC errors: `13 INTERNAL: …`. */
const GRPC_STATUS = /^\d+ [A-Z_]+: /;
/** Codes of Drover's activities for an unknown outcome, or for a call that could not be made. */
const UNKNOWN_OUTCOMES: readonly string[] = ['Internal', 'Unavailable', 'Timeout'];

/**
 * Whether an activity's failure leaves the outcome unknown: its worker was lost, or the server or its client failed. A plain `Error` and
 * all other codes of Drover are answers of the other side.
 */
export function hasUnknownOutcome(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TimeoutFailure) return true;
    if (!(cause instanceof ApplicationFailure)) continue;
    // The target's workflow task has failed for long (src/client/temporal/unanswered.ts), so a retry does not help.
    if (cause.nonRetryable && cause.type === 'Unavailable') return false;
    if (GRPC_STATUS.test(cause.message)) return true;
    if (isErrorCode(cause.type)) return UNKNOWN_OUTCOMES.includes(cause.type);
    return cause.type !== 'Error';
  }
  return false;
}

/** Messages of the server for a closed workflow and for one at its signal limit (sdk-core, signal_external_state_machine.rs). */
const GONE = /it was not found|signal limit was exceeded/i;

/** Whether a signal failed because its receiver is gone. Any other failure leaves the outcome unknown. */
export function isGone(error: unknown): boolean {
  return error instanceof ApplicationFailure && GONE.test(error.message);
}
