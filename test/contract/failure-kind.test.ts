import { classifyFailure, type FailureFacts } from '../../src/contract/failure-kind';

const NOW = Date.parse('2026-01-05T12:00:00Z');

const cases: readonly (readonly [string, FailureFacts, string, string?])[] = [
  ['429', { status: 429 }, 'rate_limit'],
  ['429 with seconds', { status: 429, headers: { 'retry-after': '90' } }, 'rate_limit', '2026-01-05T12:01:30.000Z'],
  [
    '429 with a date',
    { status: 429, headers: { 'retry-after': 'Mon, 05 Jan 2026 15:00:00 GMT' } },
    'rate_limit',
    '2026-01-05T15:00:00.000Z',
  ],
  [
    'a reset header in ISO',
    { status: 429, headers: { 'anthropic-ratelimit-requests-reset': '2026-01-05T13:00:00Z' } },
    'rate_limit',
    '2026-01-05T13:00:00.000Z',
  ],
  [
    'a reset header in epoch seconds',
    { status: 429, headers: { 'x-ratelimit-reset': '1767618000' } },
    'rate_limit',
    '2026-01-05T13:00:00.000Z',
  ],
  [
    'the later of two limits',
    { status: 429, headers: { 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s' } },
    'rate_limit',
    '2026-01-05T12:06:00.000Z',
  ],
  [
    'Retry-After before other headers',
    { status: 429, headers: { 'retry-after': '10', 'x-ratelimit-reset-tokens': '6m0s' } },
    'rate_limit',
    '2026-01-05T12:00:10.000Z',
  ],
  ['a reset that nobody can mean', { status: 429, headers: { 'retry-after': '99999999' } }, 'rate_limit'],
  ['a reset in the past', { status: 429, headers: { 'x-ratelimit-reset': '1500000000' } }, 'rate_limit'],
  ['a reset that is none', { status: 429, headers: { 'retry-after': 'soon' } }, 'rate_limit'],
  ['401', { status: 401 }, 'auth'],
  ['402', { status: 402 }, 'auth'],
  ['403', { status: 403 }, 'auth'],
  ['400 with a credit balance', { status: 400, message: 'Your credit balance is too low to access the API' }, 'auth'],
  ['text: token expired', { message: 'OAuth token has expired' }, 'auth'],
  ['text: not authenticated', { message: 'Error: Not authenticated. Please run /login' }, 'auth'],
  ['text: invalid key', { message: 'invalid x-api-key' }, 'auth'],
  ['text: rate limit', { message: 'rate_limit_error: slow down' }, 'rate_limit'],
  ['text: 429', { message: 'API Error: 429 Too Many Requests' }, 'rate_limit'],
  ['500', { status: 500, message: 'internal' }, 'other'],
  ['500 that mentions a rate limit of somebody', { status: 500, message: 'rate limit service down' }, 'other'],
  ['nothing known', {}, 'other'],
  ['text: HTTP/1.1 429', { message: 'upstream said HTTP/1.1 429' }, 'rate_limit'],
  ['text: status code 429', { message: 'Request failed with status code 429' }, 'rate_limit'],
  ['text that begins with it', { message: '429 {"type":"error"}' }, 'rate_limit'],
  ['text: 429 of something', { message: 'import stopped: only 429 of 500 rows' }, 'other'],
  ['a number that is no status', { message: 'took 4290 ms' }, 'other'],
  ['killed: -9', { exitCode: -9, message: 'not authenticated' }, 'other'],
  ['killed: 137', { exitCode: 137, message: 'token expired' }, 'other'],
  ['killed: 143', { exitCode: 143, message: 'credit balance' }, 'other'],
  ['killed, as text', { message: 'process exited with code 137: not authenticated' }, 'other'],
  ['out of memory', { message: 'JavaScript heap out of memory; not authenticated' }, 'other'],
  ['exit code 1 with an auth text', { exitCode: 1, message: 'not authenticated' }, 'auth'],
];

const named = cases.map(([what, facts, kind, resetAt]) => ({ what, facts, kind, resetAt }));

test.each(named)('$what', ({ facts, kind, resetAt }) => {
  expect(classifyFailure(facts, NOW)).toEqual({ kind, ...(resetAt === undefined ? {} : { resetAt }) });
});
