/** The errors that a call may return, and their meanings. */
import { STATUS_CODES } from 'node:http';
import { type Call } from '../../contract/schemas/http';
import { problemSchema } from '../../contract/schemas/views';
import type { Refer } from './schemas';

interface Meaning {
  readonly text: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds until a repeat may succeed', schema: { type: 'integer', minimum: 1 } },
};

const MEANINGS: Readonly<Record<number, Meaning>> = {
  400: { text: 'The request, or its JSON, is malformed' },
  401: {
    text: 'No token, or a login code that is not valid',
    headers: { 'WWW-Authenticate': { description: 'The scheme', schema: { type: 'string', const: 'Bearer' } } },
  },
  403: { text: 'The token does not allow this call' },
  404: { text: 'No such agent, fleet, run, pool or path exists' },
  405: {
    text: 'The path does not take this method',
    headers: { Allow: { description: 'The methods that it takes', schema: { type: 'string' } } },
  },
  408: { text: 'The request did not arrive completely within 30 s' },
  409: { text: 'The state does not allow it, or the idempotency key belongs to another request' },
  413: { text: 'The body is too large for this call, or a limit is reached' },
  414: { text: 'A name in the path is too long' },
  415: { text: 'The call does not take the media type of the body' },
  417: { text: 'An `Expect` other than 100-continue' },
  422: { text: 'The request is well-formed but invalid; `errors` says where' },
  429: { text: 'Too many calls, or too many with a wrong token', headers: RETRY_AFTER },
  431: { text: 'The headers are larger than 16 KiB' },
  500: { text: 'An unexpected failure; the log of the gateway has more' },
  502: { text: 'A provider failed' },
  503: { text: 'Not available at the moment', headers: RETRY_AFTER },
  504: { text: 'No answer in time' },
};

/** Errors of the connection and the path, which any call may return. */
const ANY = [400, 405, 408, 414, 417, 431, 500];
/** Errors of the token. */
const GUARDED = [401, 403, 429];
/** Errors of a body. */
const WITH_BODY = [413, 415, 422];
/** Errors of Temporal and of providers. */
const BEYOND = [502, 503, 504];

/** The error responses of a call, by status. */
export function problemsOf(call: Call): Record<string, unknown> {
  const { access, body, params, query, headers, keyed, problems = [] } = call;
  const isAsked = access !== 'public';
  const statuses = [
    ...ANY,
    ...(isAsked ? [...GUARDED, ...BEYOND] : [503, 504]),
    ...(params || body ? [404] : []),
    ...(params || query || headers || keyed ? [422] : []),
    ...(body ? WITH_BODY : []),
    // A call reads a body even if it does not take one.
    ...(call.method === 'GET' ? [] : [413, 415]),
    ...(keyed ? [409] : []),
    ...problems,
  ];
  const sorted = [...new Set(statuses)].sort((a, b) => a - b);
  return Object.fromEntries(
    sorted.map((status) => [String(status), { $ref: `#/components/responses/${nameOf(status)}` }]),
  );
}

/** Every error response, by name. */
export function problemResponses(refer: Refer): Record<string, unknown> {
  const content = { 'application/problem+json': { schema: refer(problemSchema, 'Problem') } };
  return Object.fromEntries(
    Object.entries(MEANINGS).map(([status, { text, headers }]) => [
      nameOf(Number(status)),
      { description: text, ...(headers ? { headers } : {}), content },
    ]),
  );
}

/** The name of a status: `BadRequest` for `Bad Request`. */
function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? '').replace(/[^A-Za-z]/g, '');
}
