/** The only place that translates Temporal's failures into DroverErrors. */
import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import {
  ApplicationFailure,
  NamespaceNotFoundError,
  TerminatedFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { DroverError, type ErrorCode, isErrorCode } from '../../contract/errors';
import type { Subject } from './subject';
import { GRPC, UPDATE_OVERLOOKED, chain, grpcCode } from './error-kinds';

/**
 * A query of a workflow that failed on its input before it started, or that does not belong to
 * Drover.
 */
const QUERY_UNKNOWN = /did not register a handler for/i;

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
