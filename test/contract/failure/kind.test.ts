import { classifyFailure, type FailureFacts } from '../../../src/contract/failure/kind';

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
  ['a reset too far away', { status: 429, headers: { 'retry-after': '99999999' } }, 'rate_limit'],
  ['a reset in the past', { status: 429, headers: { 'x-ratelimit-reset': '1500000000' } }, 'rate_limit'],
  ['a reset that is not a time', { status: 429, headers: { 'retry-after': 'soon' } }, 'rate_limit'],
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
  ['500 that mentions a rate limit', { status: 500, message: 'rate limit service down' }, 'other'],
  ['nothing known', {}, 'other'],
  ['text: HTTP/1.1 429', { message: 'upstream said HTTP/1.1 429' }, 'rate_limit'],
  ['text: status code 429', { message: 'Request failed with status code 429' }, 'rate_limit'],
  ['text that begins with it', { message: '429 {"type":"error"}' }, 'rate_limit'],
  ['text: 429 of something', { message: 'import stopped: only 429 of 500 rows' }, 'other'],
  ['a number that is not a status', { message: 'took 4290 ms' }, 'other'],
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

describe('what providers and their tools print', () => {
  const berlin = '2026-01-06T12:00:00.000Z';
  test.each([
    ["You've hit your weekly limit · resets Jan 6 at 1pm (Europe/Berlin)", 'rate_limit', berlin],
    ["You've hit your limit · resets 11pm (America/Anchorage)", 'rate_limit', '2026-01-06T08:00:00.000Z'],
    ["You've hit your session limit · resets 3:30am (Asia/Kolkata)", 'rate_limit', '2026-01-05T22:00:00.000Z'],
    ['5-hour limit reached ∙ resets 7pm (UTC)', 'rate_limit', '2026-01-05T19:00:00.000Z'],
    ['Weekly limit reached', 'rate_limit', undefined],
    ['Claude AI usage limit reached|1767628800', 'rate_limit', '2026-01-05T16:00:00.000Z'],
    [
      'Rate limit reached for gpt-5 in organization org-1 on tokens per min. Please try again in 1m 30s.',
      'rate_limit',
      '2026-01-05T12:01:30.000Z',
    ],
    ["You've hit your usage limit. Try again in 3 days 4 hours", 'rate_limit', '2026-01-08T16:00:00.000Z'],
    ['You exceeded your current quota, please check your plan and billing details', 'rate_limit', undefined],
    ['openai.RateLimitError: Error code: 429 - {"error": {}}', 'rate_limit', undefined],
    ['{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}', 'rate_limit', undefined],
    ['OAuth token revoked · Please run /login', 'auth', undefined],
    ['Not logged in · Please run /login', 'auth', undefined],
    ['Invalid API key · Please run /login', 'auth', undefined],
    ['Your access token could not be refreshed because your refresh token was already used', 'auth', undefined],
    ['401 bad key sk-secret', 'auth', undefined],
    ['Unauthorized', 'auth', undefined],
  ])('%s', (message, kind, resetAt) => {
    expect(classifyFailure({ message, exitCode: 1 }, NOW)).toEqual({
      kind,
      ...(resetAt === undefined ? {} : { resetAt }),
    });
  });

  test('status 400 says it in words, and a date that is far away counts for eight days', () => {
    const message = 'You have reached your specified API usage limits. You will regain access on 2026-11-01';
    expect(classifyFailure({ status: 400, message }, NOW)).toEqual({
      kind: 'rate_limit',
      resetAt: '2026-01-13T12:00:00.000Z',
    });
  });
});

describe('a task that talks about limits blames nothing', () => {
  test.each([
    '2 tests failed: rate limiter should answer with Retry-After',
    'wrote docs/rate-limit.md but lint failed',
    'processed 429 of 500 rows, error: 429 left',
    '429 of 500 rows failed',
    'the target site answered 401 Unauthorized for /admin',
    'Payment required field missing in form',
    'test failed: unauthorized user must be redirected',
    'expected "rate limit exceeded" to be shown in the banner',
    'rate limits are documented in the wrong place',
    'unauthorized users reach the admin page',
    'the invoice says: your credit balance is too low',
  ])('%s', (message) => {
    expect(classifyFailure({ message }, NOW)).toEqual({ kind: 'other' });
  });
});

describe('headers that say when', () => {
  const at = (headers: Record<string, string>) => classifyFailure({ status: 429, headers }, NOW);
  test.each([
    [{ 'x-ratelimit-reset': '1767618000000' }, '2026-01-05T13:00:00.000Z'],
    [{ 'ratelimit-reset': '60' }, '2026-01-05T12:01:00.000Z'],
    [{ 'retry-after-ms': '1500', 'retry-after': '2' }, '2026-01-05T12:00:01.500Z'],
    [
      {
        'anthropic-ratelimit-unified-5h-status': 'rejected',
        'anthropic-ratelimit-unified-5h-reset': '1767618000',
        'anthropic-ratelimit-unified-7d-status': 'allowed',
        'anthropic-ratelimit-unified-7d-reset': '1768000000',
      },
      '2026-01-05T13:00:00.000Z',
    ],
  ])('%j', (headers, resetAt) => {
    expect(at(headers)).toEqual({ kind: 'rate_limit', resetAt });
  });
  test('nothing locks out for longer than eight days', () => {
    expect(at({ 'retry-after': String(9 * 86_400) })).toEqual({ kind: 'rate_limit' });
    expect(at({ 'retry-after': String(7 * 86_400) })).toMatchObject({ resetAt: '2026-01-12T12:00:00.000Z' });
  });
});
