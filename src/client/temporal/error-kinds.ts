/** Tells Temporal's failures apart: calls that a caller may repeat, and calls without an answer. */
import { isGrpcServiceError, QueryRejectedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** The gRPC status codes that are told apart; the numbers are part of gRPC's protocol. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** The server, or a proxy before it, failed for reasons of its own: the next try may succeed. */
const SERVER_FAILED: readonly (number | undefined)[] = [GRPC.unknown, GRPC.internal, GRPC.dataLoss];

/**
 * An update that could not finish because its workflow was continuing as new, or because its server
 * restarted.
 */
const UPDATE_ABORTED = /workflow update was aborted|completed before the update completed/i;

/** The part of these that a closing run causes. */
const LEFT_BEHIND = /aborted by closing workflow|completed before the update completed/i;

/**
 * An update between two workflow tasks of a flood, or one that was lost with its worker. It had no effect.
 */
export const UPDATE_OVERLOOKED = /wasn't processed by worker|unexpected workflow task failure/i;

/** The message of the SDK's core for a nondeterminism error. */
const NOT_REPLAYED = /^\[TMPRL1100\]/;

/** An error and all of its causes, the error first. */
export function* chain(error: unknown): Generator<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}

/** The status code of gRPC in an error or one of its causes; undefined without one. */
export function grpcCode(error: unknown): number | undefined {
  for (const cause of chain(error)) if (isGrpcServiceError(cause)) return cause.code;
  return undefined;
}

/**
 * True if the same update, with the same id, may be sent again: the server or the workflow was only
 * busy.
 */
export function isRetryableUpdateError(error: unknown): boolean {
  for (const cause of chain(error)) {
    if (UPDATE_ABORTED.test(cause.message) || UPDATE_OVERLOOKED.test(cause.message)) return true;
    if (cause instanceof ApplicationFailure) return cause.type === 'Unavailable';
  }
  const code = grpcCode(error);
  if (SERVER_FAILED.includes(code)) return true;
  return code === GRPC.resourceExhausted || code === GRPC.unavailable || code === GRPC.aborted;
}

/**
 * True if a call got no answer: its time is up, or the server cancelled it by itself, as for a
 * query whose worker was just killed.
 */
export function isLost(error: unknown): boolean {
  const code = grpcCode(error);
  return code === GRPC.cancelled || code === GRPC.deadlineExceeded;
}

/**
 * True if the workflow may exist but did not answer: its time is up, or the server says that its
 * workflow task fails.
 */
export function isLeftUnanswered(error: unknown): boolean {
  const isTimedOut = [...chain(error)].some((cause) => cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError);
  return isTimedOut || isLost(error) || grpcCode(error) === GRPC.failedPrecondition;
}

/** Why the workflow's history cannot be replayed; undefined for any other error. */
export function whyNotReplayed(error: unknown): string | undefined {
  for (const { message } of chain(error)) if (NOT_REPLAYED.test(message)) return message;
  return undefined;
}

/** True if a query for open workflows only met a closed one. */
export function isClosedError(error: unknown): boolean {
  return [...chain(error)].some((cause) => cause instanceof QueryRejectedError);
}

/** True if an update got no answer because its run closed, by continue-as-new or for good. */
export function isAbortedByClosing(error: unknown): boolean {
  return [...chain(error)].some(({ message }) => LEFT_BEHIND.test(message));
}

/**
 * True if the server cannot be reached or has failed itself. Callers wait less long for this than
 * for a busy server.
 */
export function isConnectionError(error: unknown): boolean {
  const code = grpcCode(error);
  if (code !== GRPC.unavailable && !SERVER_FAILED.includes(code)) return false;
  return ![...chain(error)].some((cause) => UPDATE_ABORTED.test(cause.message));
}
