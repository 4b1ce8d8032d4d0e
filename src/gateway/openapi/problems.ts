/** Which errors a call may answer with, and what each means. */
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
    text: 'There is no token',
    headers: { 'WWW-Authenticate': { description: 'The scheme', schema: { type: 'string', const: 'Bearer' } } },
  },
  403: { text: 'The token does not open this call' },
  404: { text: 'There is no such agent, fleet, run, pool or path' },
  405: {
    text: 'The path does not take this method',
    headers: { Allow: { description: 'The methods that it takes', schema: { type: 'string' } } },
  },
  408: { text: 'The request did not come in whole within 30 s' },
  409: { text: 'The state does not permit it, or the idempotency key is that of another request' },
  413: { text: 'The body is larger than this call takes, or a limit is reached' },
  414: { text: 'A name in the path is longer than any name may be' },
  415: { text: 'The body has another media type than those that the call takes' },
  417: { text: 'An `Expect` other than 100-continue' },
  422: { text: 'The request is well-formed and does not fit; `errors` says where' },
  429: { text: 'Too many calls, or too many with a wrong token', headers: RETRY_AFTER },
  431: { text: 'The headers are larger than 16 KiB' },
  500: { text: 'Something unforeseen; the log of the gateway has more' },
  502: { text: 'A provider has failed' },
  503: { text: 'Not available at the moment', headers: RETRY_AFTER },
  504: { text: 'No answer in time' },
};

/** Of the connection and of the path: any call may meet them. */
const ANY = [400, 405, 408, 414, 417, 431, 500];
/** Of the token. */
const GUARDED = [401, 403, 429];
/** Of a body. */
const WITH_BODY = [413, 415, 422];
/** Of Temporal and what is behind it. */
const BEYOND = [502, 503, 504];

/** The responses of a call that are not successes, by status. */
export function problemsOf(call: Call): Record<string, unknown> {
  const { access, body, params, query, headers, keyed } = call;
  const isAsked = access !== 'public';
  const statuses = [
    ...ANY,
    ...(isAsked ? [...GUARDED, ...BEYOND] : [503, 504]),
    ...(params || body ? [404] : []),
    ...(params || query || headers || keyed ? [422] : []),
    ...(body ? WITH_BODY : []),
    // A body that a call does not take is read all the same.
    ...(call.method === 'GET' ? [] : [413, 415]),
    ...(keyed ? [409] : []),
  ];
  const sorted = [...new Set(statuses)].sort((a, b) => a - b);
  return Object.fromEntries(
    sorted.map((status) => [String(status), { $ref: `#/components/responses/${nameOf(status)}` }]),
  );
}

/** Every such response, by its name. */
export function problemResponses(refer: Refer): Record<string, unknown> {
  const content = { 'application/problem+json': { schema: refer(problemSchema, 'Problem') } };
  return Object.fromEntries(
    Object.entries(MEANINGS).map(([status, { text, headers }]) => [
      nameOf(Number(status)),
      { description: text, ...(headers ? { headers } : {}), content },
    ]),
  );
}

/** `Bad Request` as `BadRequest`. */
function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? '').replace(/[^A-Za-z]/g, '');
}
