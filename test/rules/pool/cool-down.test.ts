/** How long a pool leaves a credential alone: seconds after a rate limit, hours after a refusal. */
import { observeFailure, requestAllocation, serveWaiting } from '../../../src/rules/pool/pool';
import { newPool, type PoolState, poolView, skippedUntil } from '../../../src/rules/pool/state';
import { at, credentials, HOUR, NOW, poolOf } from './pools';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function limited(
  state: PoolState,
  when: number,
  more: { kind?: 'rate_limit' | 'auth'; resetAt?: string } = {},
): PoolState {
  return observeFailure(state, { credential: 'a', kind: 'rate_limit', at: at(when), agent: 'f/x', ...more }, when);
}

const cooling = (state: PoolState, now: number): number | null => {
  const until = skippedUntil(state, 'a', now);
  return until === null ? null : (until - now) / SECOND;
};

test('a rate limit that repeats doubles its cool-down, up to skipFor', () => {
  let state = poolOf('a');
  let now = NOW;
  const waits: (number | null)[] = [];
  for (let round = 0; round < 10; round += 1) {
    state = limited(state, now);
    waits.push(cooling(state, now));
    now = (skippedUntil(state, 'a', now) ?? NaN) + SECOND;
  }
  expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3840, 7200, 7200]);
});

test.each<[string, number, { kind?: 'rate_limit' | 'auth'; resetAt?: string }, number]>([
  ['in the same burst', 10 * SECOND, {}, 30],
  ['soon after the cool-down', 40 * SECOND, {}, 60],
  ['at the end of the cool-down', 30 * SECOND, {}, 60],
  ['just before it has worked for ten minutes', 30 * SECOND + 10 * MINUTE - 1, {}, 60],
  ['after it has worked for ten minutes', 30 * SECOND + 10 * MINUTE, {}, 30],
  ['with a reset time', 40 * SECOND, { resetAt: at(NOW + 45 * SECOND) }, 5],
  ['that is a refusal', 40 * SECOND, { kind: 'auth' }, 7200],
])('a second failure %s', (_what, later, more, expected) => {
  const state = limited(limited(poolOf('a'), NOW), NOW + later, more);
  const [longest] = [cooling(state, NOW + later)];
  expect(longest).toBe(expected);
});

test('a long cool-down is forgiven after as long a time', () => {
  let state = poolOf('a');
  let now = NOW;
  for (let round = 0; round < 6; round += 1) {
    state = limited(state, now);
    now = skippedUntil(state, 'a', now) ?? NaN;
  }
  expect(cooling(limited(state, now + 959 * SECOND), now + 959 * SECOND)).toBe(1_920);
  expect(cooling(limited(state, now + 960 * SECOND), now + 960 * SECOND)).toBe(30);
});

test.each<[string, { credential?: string; resetAt?: string }]>([
  ['of another credential', { credential: 'b' }],
  ['with a reset time', { resetAt: at(NOW + SECOND) }],
])('an earlier limit %s does not lengthen the cool-down', (_what, more) => {
  const given = { credential: 'a', kind: 'rate_limit', at: at(NOW), agent: 'f/x', ...more } as const;
  const state = observeFailure(poolOf('a', 'b'), given, NOW);
  expect(cooling(limited(state, NOW + 40 * SECOND), NOW + 40 * SECOND)).toBe(30);
});

test('a report that arrives late does not stand for the last cool-down', () => {
  // The second one cools for a minute; a report of the time before it comes after it.
  let state = limited(limited(poolOf('a'), NOW), NOW + 40 * SECOND);
  state = limited(state, NOW - HOUR);
  expect(cooling(limited(state, NOW + 101 * SECOND), NOW + 101 * SECOND)).toBe(120);
});

test('skipFor bounds the first cool-down too', () => {
  const state = limited(newPool('claude', { credentials: credentials('a'), skipFor: '5s' }, null), NOW);
  expect(cooling(state, NOW)).toBe(5);
});

test('a reset time counts as it is told: seconds or days', () => {
  expect(cooling(limited(poolOf('a'), NOW, { resetAt: at(NOW + 7 * SECOND) }), NOW)).toBe(7);
  expect(cooling(limited(poolOf('a'), NOW, { resetAt: at(NOW + 50 * HOUR) }), NOW)).toBe(180_000);
});

test('an agent of a pool with one credential goes on by itself after half a minute', () => {
  const failed = { credential: 'a', kind: 'rate_limit', at: at(NOW), agent: 'f/x' } as const;
  const asked = requestAllocation(poolOf('a'), { requestId: 'r', agent: 'f/x', not: 'a', failed }, NOW);
  expect(asked.grants).toMatchObject([{ grant: { exhaustedUntil: at(NOW + 30 * SECOND) } }]);
  expect(poolView(asked.state, NOW).exhaustedUntil).toBe(at(NOW + 30 * SECOND));
  expect(serveWaiting(asked.state, NOW + 29 * SECOND).grants).toEqual([]);
  expect(serveWaiting(asked.state, NOW + 30 * SECOND).grants).toMatchObject([{ grant: { credential: 'a' } }]);
});
