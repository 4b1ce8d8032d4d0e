/** What a pool remembers, for how long, and whose word it believes. */
import { observeFailure } from '../../../src/rules/pool/pool';
import { type PoolState, poolView } from '../../../src/rules/pool/state';
import { ask, at, failed, HOUR, NOW, poolOf } from './pools';

const said = (state: PoolState, agent: string, credential: string, when: number): PoolState =>
  observeFailure(state, { credential, kind: 'auth', at: at(when), agent, reported: true }, when);

test.each([
  ['for a day', 24 * HOUR - 1, undefined, 2],
  ['no longer than a day', 24 * HOUR, undefined, 1],
  ['until its reset time', 49 * HOUR, NOW + 50 * HOUR, 2],
  ['not beyond its reset time', 50 * HOUR, NOW + 50 * HOUR, 1],
] as const)('a failure is remembered %s', (_what, later, resetAt, kept) => {
  const state = failed(poolOf('a', 'b'), 'a', NOW, resetAt);
  expect(failed(state, 'b', NOW + later, undefined, NOW + later).events).toHaveLength(kept);
});

test('a pool with a free credential is not exhausted', () => {
  const state = failed(poolOf('a', 'b'), 'a');
  expect(poolView(state, NOW).exhaustedUntil).toBeNull();
  expect(poolView(failed(state, 'b'), NOW).exhaustedUntil).toBe(at(NOW + 2 * HOUR));
});

test('the pool keeps its latest 2,000 grants', () => {
  const granted = Array.from({ length: 2_000 }, (_, index) => `f/${String(index)}`).flatMap(
    (agent) => ask(poolOf('a'), agent, null, agent).grants,
  );
  const { state } = ask({ ...poolOf('a'), granted }, 'f/2000', null, 'r');
  expect([state.granted.length, state.granted[0]?.agent, state.granted.at(-1)?.agent]).toEqual([
    2_000,
    'f/1',
    'f/2000',
  ]);
});

describe('a pool that one agent alone has emptied', () => {
  const emptied = (first: string, firstAt: number): PoolState =>
    said(said(poolOf('a', 'b'), first, 'a', firstAt), 'f/x', 'b', NOW);
  const granted = (state: PoolState, agent: string): string | undefined => {
    const grant = ask(state, agent, null, 'r').grants[0]?.grant;
    return grant !== undefined && 'credential' in grant ? grant.credential : undefined;
  };

  test('still serves the others, and not that agent', () => {
    expect(granted(emptied('f/x', NOW), 'f/y')).toBe('a');
    expect(granted(emptied('f/x', NOW), 'f/x')).toBeUndefined();
  });

  test('is exhausted for all where another agent has reported, too', () => {
    expect(granted(emptied('f/z', NOW), 'f/y')).toBeUndefined();
  });

  test('counts no report that no longer keeps the pool from its credential', () => {
    const state = said(said(said(poolOf('a', 'b'), 'f/z', 'a', NOW - 2 * HOUR), 'f/x', 'a', NOW), 'f/x', 'b', NOW);
    expect(granted(state, 'f/y')).toBe('a');
  });

  test('is exhausted for all with a single credential', () => {
    expect(granted(said(poolOf('a'), 'f/x', 'a', NOW), 'f/y')).toBeUndefined();
  });
});
