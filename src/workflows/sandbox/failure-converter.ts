/**
 * The failure converter of every worker of Drover: the standard converter with bounds. Activities, children and handlers may throw
 * any value, with causes, messages and stacks of any size, and a failure that is too large makes a workflow task fail for ever. With
 * this converter, one failure takes a few KB of history.
 */
import { DefaultFailureConverter, FAILURE_SOURCE, type FailureConverter, type ProtoFailure } from '@temporalio/common';
import { boundedText, ERROR_BYTES, messageOf } from '../../contract/text';

/** Limit of a chain of causes. Drover's own chains have four links at most (child, activity, failure, its cause). */
const MOST_LINKS = 8;
/** Limit of a failure's details, in bytes. Details of Drover's errors are a code, a message and some facts. */
const DETAILS_BYTES = 32 * 1024;

type Conversion = Parameters<DefaultFailureConverter['errorToFailure']>;
type Details = { payloads?: { data?: Uint8Array | null }[] | null } | null | undefined;

/** The standard converter with a bound for each link. */
class BoundedFailureConverter extends DefaultFailureConverter {
  private links = 0;

  override errorToFailure(...[error, ...how]: Conversion): ProtoFailure {
    // The standard converter calls this method for each cause, and would follow a cycle of causes until the stack overflows.
    if (this.links >= MOST_LINKS) return { source: FAILURE_SOURCE, message: messageOf(error) };
    this.links += 1;
    try {
      return boundedFailure(super.errorToFailure(error, ...how), MOST_LINKS);
    } catch (problem) {
      // The value cannot be read, or its details are not JSON: keep its message, and why the rest is missing.
      return { source: FAILURE_SOURCE, message: `${messageOf(error)} (${messageOf(problem)})` };
    } finally {
      this.links -= 1;
    }
  }
}

/** A failure from another execution is already in wire form, so this bounds all of its links. */
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

/** The SDK finds this export by its name through `failureConverterPath`. */
export const failureConverter: FailureConverter = new BoundedFailureConverter();
