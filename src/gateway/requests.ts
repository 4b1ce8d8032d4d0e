/** Reads the parts of a request by the schemas of its call. Every problem has its place. */
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { DroverError } from '../contract/errors';
import { ownIssues } from '../contract/schemas/fields';
import { type Call, IDEMPOTENCY_KEY } from '../contract/schemas/http';
import { readBy } from '../contract/schemas/reading';
import { boundedText } from '../contract/text';

/** The place of a value in a request. */
export type Place = 'path' | 'query' | 'header' | 'body';

/**
 * One problem. `pointer` is a JSON pointer (RFC 6901) into the body, or the parameter's name after
 * a slash.
 */
export interface Wrong {
  /** Absent for the body. */
  readonly in?: Exclude<Place, 'body'>;
  readonly pointer: string;
  readonly detail: string;
}

/** The checked parts of a request. */
export interface Parts {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
}

/** The most problems in one answer: more are one mistake, repeated. */
const MOST_ERRORS = 100;
/** The most bytes of a pointer: a key may be as long as the body. */
const POINTER_BYTES = 1024;

/** Reads a request; throws `InvalidRequest` with `details.errors`. */
export function readRequest(call: Call, request: FastifyRequest): Parts {
  const key = request.headers[IDEMPOTENCY_KEY.header];
  return {
    params: partOf(call.params, request.params, 'path'),
    query: partOf(call.query, request.query, 'query'),
    headers: partOf(call.headers, request.headers, 'header'),
    // A call without a body accepts none, or the empty object that some clients send, but not
    // `null`.
    body: call.ownCheck ? request.body : partOf(call.body, request.body === undefined ? {} : request.body, 'body'),
    idempotencyKey:
      key === undefined ? undefined : mustRead(IDEMPOTENCY_KEY.schema, key, 'header', IDEMPOTENCY_KEY.header),
  };
}

/** Reads a value by its schema; `name` is the name of the parameter, if it is one. */
export function mustRead<S extends z.ZodType>(schema: S, value: unknown, place: Place, name?: string): z.output<S> {
  const read = readBy(schema, value);
  if (read.success) return read.data;
  const issues = read.error.issues.slice(0, MOST_ERRORS).flatMap(ownIssues);
  const errors = issues.flatMap((issue) => wrongs(issue, place, name)).slice(0, MOST_ERRORS);
  throw new DroverError('InvalidRequest', errors.map(inWords).join('; '), { errors });
}

/** A path as a JSON pointer (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  const pointer = path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return boundedText(pointer, POINTER_BYTES);
}

function partOf(schema: z.ZodType | undefined, value: unknown, place: Place): unknown {
  return schema === undefined ? undefined : mustRead(schema, value, place);
}

function wrongs(issue: z.core.$ZodIssue, place: Place, name: string | undefined): Wrong[] {
  const path = name === undefined ? issue.path : [name, ...issue.path];
  const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
  const where = place === 'body' ? {} : { in: place };
  return paths.map((one) => ({ ...where, pointer: pointerOf(one), detail: issue.message }));
}

function inWords({ in: place, pointer, detail }: Wrong): string {
  if (place === undefined) return `${pointer || 'the body'}: ${detail}`;
  return `${place === 'query' ? 'query parameter' : place} ${pointer.slice(1)}: ${detail}`;
}
