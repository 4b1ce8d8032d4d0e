/** Turns that fail with the credential of their agent. */
import { activityEnvironment } from '../../support/quiet';
import { answering, turn } from './endpoint';

describe('with a subscription', () => {
  const SUBSCRIPTION = { pool: 'p', name: 'a', assignment: 1 };
  const taken = async (status: number, body: string, headers: Record<string, string> = {}) =>
    turn(await answering(status, body, headers), undefined, activityEnvironment(), SUBSCRIPTION);
  const failed = (failure: object, error = 'limit') =>
    JSON.stringify({ action: 'fail', error, ...(Object.keys(failure).length === 0 ? {} : { failure }) });

  test.each([
    ['a 429', 429, 'slow down', { kind: 'rate_limit' }, 'RateLimited'],
    ['a 401', 401, 'token expired', { kind: 'auth' }, 'TurnRejected'],
    ['a 402', 402, 'pay', { kind: 'auth' }, 'TurnRejected'],
    ['a 403', 403, 'no', { kind: 'auth' }, 'TurnRejected'],
  ])('%s is its provider’s', async (_, status, body, failure, code) => {
    const message = `mars/A: it answered ${String(status)}: ${body}`;
    expect(await taken(status, body)).toEqual({ error: { code, message }, failure });
  });

  test('with the time that the provider names', async () => {
    const before = Date.now();
    const { failure } = await taken(429, '', { 'retry-after': '60' });
    expect(Math.round((Date.parse(failure?.resetAt ?? '') - before) / 1_000)).toBe(60);
  });

  test.each([
    ['a fail that names it', failed({ kind: 'auth' }), { kind: 'auth' }],
    [
      'with its reset',
      failed({ kind: 'rate_limit', resetAt: '2030-01-01T00:00:00Z' }),
      { kind: 'rate_limit', resetAt: '2030-01-01T00:00:00.000Z' },
    ],
    ['a fail whose text is known', failed({}, 'API Error: 429 Too Many Requests'), { kind: 'rate_limit' }],
    ['a fail that says that it is something else', failed({ kind: 'other' }, 'not authenticated'), undefined],
    ['any other fail', failed({}, 'I do not know'), undefined],
    [
      'a fail that says nothing',
      '{"action":"fail","error":{"toString":1},"failure":{"kind":{"toString":1}}}',
      undefined,
    ],
    ['a final reply with such a text', '{"action":"final","response":"429 Too Many Requests"}', undefined],
    ['an invalid failure', failed({ kind: 'sad' }, 'x'), undefined],
  ])('%s', async (_, body, failure) => {
    const { failure: found, ...outcome } = await taken(200, body);
    expect(found).toEqual(failure);
    expect(JSON.stringify(outcome)).not.toContain('"failure"');
  });

  test('an agent that does not know Drover’s token has not failed with its credential', async () => {
    const outcome = await taken(401, '{"error":"not the token of this agent"}');
    expect(outcome).toMatchObject({ error: { code: 'TurnRejected' } });
    expect(outcome.failure).toBeUndefined();
  });
});
