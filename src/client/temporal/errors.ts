/** The only place that translates Temporal's failures into DroverErrors. */
import { isGrpcServiceError, QueryRejectedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import {
  ApplicationFailure,
  NamespaceNotFoundError,
  TerminatedFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { DroverError, type ErrorCode, isErrorCode } from '../../contract/errors';
import type { Subject } from './subject';

/** The gRPC status codes that are told apart; the numbers are part of gRPC's protocol. */
const GRPC = {
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
 * An update that fell between two workflow tasks of a flood, or whose task was lost with its
 * worker. It had no effect.
 */
const UPDATE_OVERLOOKED = /wasn't processed by worker|unexpected workflow task failure/i;

/**
 * A query of a workflow that failed on its input before it started, or that does not belong to
 * Drover.
 */
const QUERY_UNKNOWN = /did not register a handler for/i;

/** The message of the SDK's core for a nondeterminism error. */
const NOT_REPLAYED = /^\[TMPRL1100\]/;

/**
 * The server's message for an unknown namespace; calls about a workflow throw
 * `NamespaceNotFoundError`.
 */
const NAMESPACE_UNKNOWN = /namespace "?([^\s"]+)"? is not found/i;
/** The server's words for a workflow that it does not have. */
const WORKFLOW_UNKNOWN = /workflow (?:execution )?not found/i;

/**
 * The SDK's message for an argument that is not JSON, and gRPC's for a text with a broken
 * character.
 */
const UNSENDABLE = /^unable to convert .* to payload|contains invalid UTF-8|Maximum call stack size exceeded/i;

/** An error and all of its causes, the error first. */
function* chain(error: unknown): Generator<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}

function grpcCode(error: unknown): number | undefined {
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

/** Translates anything that a call to Temporal throws. `subject` is the subject of the call. */
export function asDroverError(error: unknown, subject: Subject | null): DroverError {
  for (const cause of chain(error)) {
    if (cause instanceof DroverError) return cause;
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return fromFailure(cause, cause.type, error);
    if (cause instanceof NamespaceNotFoundError) return noNamespace(cause.namespace, error);
    if (cause instanceof WorkflowNotFoundError && subject) return notFound(subject, error);
    if (subject && QUERY_UNKNOWN.test(cause.message)) return neverBegan(subject, error);
    if (cause instanceof TerminatedFailure) {
      return new DroverError('Internal', `the workflow of ${named(subject)} was terminated from outside`, undefined, {
        cause: error,
      });
    }
    if (cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return timeout(subject, error);
    if (UPDATE_OVERLOOKED.test(cause.message)) {
      const what = `the worker does not answer updates of ${named(subject)}; is it a worker of Drover (drover worker)?`;
      return new DroverError('Unavailable', what, undefined, { cause: error });
    }
  }
  if (UNSENDABLE.test(deepestMessage(error))) return unsendable(error);
  return fromGrpc(error, subject) ?? new DroverError('Internal', deepestMessage(error), undefined, { cause: error });
}

/** The error for a subject that does not exist. */
export function notFound(subject: Subject, cause?: unknown): DroverError {
  return new DroverError(
    subject.notFound,
    `${subject.kind} ${subject.name} does not exist`,
    { [subject.kind]: subject.name },
    { cause },
  );
}

/** The error for a workflow that exists but never started its work. */
function neverBegan({ kind, name, workflowId, notFound: code }: Subject, cause: unknown): DroverError {
  const what = `${kind} ${name} does not exist: its workflow ${workflowId} failed before it began, or does not belong to Drover`;
  return new DroverError(
    code,
    `${what}; look at it in Temporal (temporal workflow show -w ${workflowId}), and start it again with Drover`,
    { [kind]: name },
    { cause },
  );
}

function unsendable(cause: unknown): DroverError {
  const message = `the request cannot be sent as JSON: ${deepestMessage(cause)}`;
  return new DroverError('InvalidRequest', message, undefined, { cause });
}

function noNamespace(namespace: string, cause: unknown): DroverError {
  const message = `Temporal has no namespace "${namespace}"; create it, or name another one with --namespace`;
  return new DroverError('Unavailable', message, undefined, { cause });
}

/**
 * The error for no answer within the caller's time: of a worker if a workflow was asked, else of
 * Temporal itself.
 */
export function timeout(subject: Subject | null, cause?: unknown): DroverError {
  const wayOut = subject ? 'is a worker running (drover worker)?' : 'is the server running (drover up)?';
  return new DroverError('Timeout', `${named(subject)} did not answer in time; ${wayOut}`, undefined, { cause });
}

function fromFailure(failure: ApplicationFailure, code: ErrorCode, cause: unknown): DroverError {
  return new DroverError(code, failure.message, detailsOf(failure), { cause });
}

/**
 * A refusal's first detail is its body: code, message, and fields for programs (`current`,
 * `allowed`).
 */
function detailsOf(failure: ApplicationFailure): Record<string, unknown> | undefined {
  const body: unknown = failure.details?.[0];
  if (typeof body !== 'object' || body === null) return undefined;
  const { code: _code, message: _message, details, ...facts } = body as Record<string, unknown>;
  const merged = { ...(typeof details === 'object' ? details : {}), ...facts };
  return Object.keys(merged).length > 0 ? merged : undefined;
}

function fromGrpc(error: unknown, subject: Subject | null): DroverError | undefined {
  const because = { cause: error };
  const detail = deepestMessage(error).replace(/^\d+ [A-Z_]+: /, '');
  switch (grpcCode(error)) {
    case GRPC.cancelled:
    case GRPC.deadlineExceeded:
      return timeout(subject, error);
    case GRPC.invalidArgument:
      return new DroverError('InvalidRequest', `Temporal does not take this request: ${detail}`, undefined, because);
    case GRPC.notFound: {
      const namespace = NAMESPACE_UNKNOWN.exec(detail)?.[1];
      if (namespace !== undefined) return noNamespace(namespace, error);
      // A call of the service itself, such as for a history, is not translated by the SDK.
      return subject && WORKFLOW_UNKNOWN.test(detail) ? notFound(subject, error) : undefined;
    }
    case GRPC.unavailable:
    case GRPC.aborted:
      return new DroverError(
        'Unavailable',
        `Temporal cannot be reached (${detail}); is the server running (drover up)?`,
        undefined,
        because,
      );
    case GRPC.unknown:
    case GRPC.internal:
    case GRPC.dataLoss:
      return new DroverError(
        'Unavailable',
        `Temporal failed at this call (${detail}); try again, and look at the server's log if it goes on`,
        undefined,
        because,
      );
    case GRPC.resourceExhausted:
      return new DroverError('Unavailable', `Temporal is busy (${detail}); try again in a moment`, undefined, because);
    case GRPC.failedPrecondition:
      return new DroverError(
        'Unavailable',
        `${named(subject)} cannot answer (${detail}); is a worker running (drover worker)?`,
        undefined,
        because,
      );
    case GRPC.permissionDenied:
      return new DroverError('Forbidden', `Temporal refuses this caller: ${detail}`, undefined, because);
    case GRPC.unauthenticated:
      return new DroverError('Unauthorized', `Temporal wants other credentials: ${detail}`, undefined, because);
    default:
      return undefined;
  }
}

function named(subject: Subject | null): string {
  return subject ? `${subject.kind} ${subject.name}` : 'Temporal';
}

function deepestMessage(error: unknown): string {
  let message = String(error);
  for (const cause of chain(error)) message = cause.message;
  return message;
}
