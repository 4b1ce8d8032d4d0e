/**
 * Errors as `application/problem+json` (RFC 9457). Only this module turns an error into a status.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DroverError, type ErrorCode, ERRORS } from '../contract/errors';
import type { Wrong } from './requests';
import { messageOf } from '../contract/text';

/** The body of every error answer. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** The id of the request, as in the gateway's log. */
  readonly instance: string;
  /** The problems of the request, one per field. */
  readonly errors?: readonly Wrong[];
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The text for an internal error. The log has the details. */
const INTERNAL = 'something went wrong inside the gateway; its log has this request';
/** The default delay before a retry. */
const RETRY_AFTER_MS = 1_000;

/** Fastify's error handler. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const drover = asDroverError(error, request);
  const status = statusOf(error, drover);
  request.refusedAs = drover.code;
  if (drover.code === 'Internal') request.log.error({ err: error }, 'request failed');
  else request.log.info({ code: drover.code, url: request.url, method: request.method }, drover.message);
  if (status === 503 || status === 429) void reply.header('retry-after', String(retryAfterSeconds(drover)));
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 405) void reply.header('allow', allowedBy(drover));
  const { errors, ...details } = drover.details ?? {};
  const problem: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: drover.code === 'Internal' ? INTERNAL : drover.message,
    code: drover.code,
    instance: `urn:request:${request.id}`,
    ...(Array.isArray(errors) ? { errors: errors as NonNullable<Problem['errors']> } : {}),
    ...(drover.code !== 'Internal' && Object.keys(details).length > 0 ? { details } : {}),
  };
  return reply.status(status).type('application/problem+json').send(problem);
}

/** A body that cannot be parsed: 400. A parsed but invalid body is 422. */
export class MalformedBody extends Error {
  readonly statusCode = 400;
}

function asDroverError(error: unknown, request: FastifyRequest): DroverError {
  if (error instanceof DroverError) return error;
  const status = fastifyStatus(error);
  if (status === 413) return new DroverError('LimitReached', 'the body is too large for this call');
  if (status === 415) return new DroverError('InvalidRequest', mediaType(request));
  if (status !== undefined && status < 500) return new DroverError('InvalidRequest', messageOf(error));
  return new DroverError('Internal', messageOf(error), undefined, { cause: error });
}

/**
 * The status of an error. Fastify's own status wins for an invalid request, such as 400 for a
 * malformed body.
 */
function statusOf(error: unknown, drover: DroverError): number {
  const status = fastifyStatus(error);
  return drover.code === 'InvalidRequest' && status !== undefined ? status : ERRORS[drover.code].http;
}

function fastifyStatus(error: unknown): number | undefined {
  if (error instanceof DroverError || !(error instanceof Error)) return undefined;
  const { statusCode } = error as Partial<FastifyError>;
  return statusCode !== undefined && statusCode >= 400 ? statusCode : undefined;
}

function allowedBy({ details }: DroverError): string {
  const allow = details?.['allow'];
  return Array.isArray(allow) ? allow.join(', ') : '';
}

/** The message for a wrong media type: a tool such as curl sends its own type by default. */
function mediaType({ headers }: FastifyRequest): string {
  const given = headers['content-type'];
  const what = given === undefined ? 'the body has no content type' : `unsupported content type "${given}"`;
  return `${what}; send JSON with the header "content-type: application/json"`;
}

function retryAfterSeconds({ details }: DroverError): number {
  const ms = details?.['retryAfterMs'];
  return Math.max(1, Math.ceil((typeof ms === 'number' ? ms : RETRY_AFTER_MS) / 1_000));
}
