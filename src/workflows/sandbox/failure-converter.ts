/**
 * The failure converter of every worker of Drover: the standard one, within bounds. An activity, a child or a handler may throw
 * anything, with causes, messages and stacks of any size, and a failure that is too large is a task that fails for ever. What is in
 * a history of one failure is a few KB, whatever was thrown.
 */
import { DefaultFailureConverter, FAILURE_SOURCE, type FailureConverter, type ProtoFailure } from '@temporalio/common';
import { boundedText, ERROR_BYTES, messageOf } from '../../contract/text';

/** Causes of causes that are told: Drover's own chains have four links at most (child, activity, failure, its cause). */
const MOST_LINKS = 8;
/** Bytes of a failure's details; those of Drover's errors are a body of code, message and some facts. */
const DETAILS_BYTES = 32 * 1024;

type Conversion = Parameters<DefaultFailureConverter['errorToFailure']>;
type Details = { payloads?: { data?: Uint8Array | null }[] | null } | null | undefined;

/** The standard converter, whose links are bounded one by one. */
class BoundedFailureConverter extends DefaultFailureConverter {
  private links = 0;

  override errorToFailure(...[error, ...how]: Conversion): ProtoFailure {
    // The standard one follows causes by calling this method, and would follow a circle of them until the stack overflows.
    if (this.links >= MOST_LINKS) return { source: FAILURE_SOURCE, message: messageOf(error) };
    this.links += 1;
    try {
      return boundedFailure(super.errorToFailure(error, ...how), MOST_LINKS);
    } catch (problem) {
      // What was thrown cannot be read, or its details cannot be JSON: what it says is told, and why no more.
      return { source: FAILURE_SOURCE, message: `${messageOf(error)} (${messageOf(problem)})` };
    } finally {
      this.links -= 1;
    }
  }
}

/** A failure that has come from elsewhere keeps its form, so it is bounded with all of its links. */
function boundedFailure(failure: ProtoFailure, links: number): ProtoFailure {
  const { message, stackTrace, cause, applicationFailureInfo, canceledFailureInfo } = failure;
  return {
    ...failure,
    ...(message ? { message: boundedText(message, ERROR_BYTES) } : {}),
    ...(stackTrace ? { stackTrace: boundedText(stackTrace, ERROR_BYTES) } : {}),
    cause: cause && links > 1 ? boundedFailure(cause, links - 1) : null,
    ...(applicationFailureInfo && isTooLarge(applicationFailureInfo.details)
      ? { applicationFailureInfo: { ...applicationFailureInfo, details: null } }
      : {}),
    ...(canceledFailureInfo && isTooLarge(canceledFailureInfo.details)
      ? { canceledFailureInfo: { ...canceledFailureInfo, details: null } }
      : {}),
  };
}

function isTooLarge(details: Details): boolean {
  const bytes = (details?.payloads ?? []).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  return bytes > DETAILS_BYTES;
}

/** Found by this name through `failureConverterPath`. */
export const failureConverter: FailureConverter = new BoundedFailureConverter();
