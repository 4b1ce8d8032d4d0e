/** Reports of one agent alone, which Drover cannot check. */
import { observeFailure } from '../../../src/rules/pool/pool';
import { type PoolState, skippedUntil } from '../../../src/rules/pool/state';
import { ask, at, HOUR, NOW, poolOf, grantOf } from './pools';

describe("one agent's word", () => {
  const report = (state: PoolState, credential: string, agent: string, resetAt: number, reported = true): PoolState =>
    observeFailure(
      state,
      { credential, kind: 'rate_limit', at: at(NOW), agent, resetAt: at(resetAt), ...(reported ? { reported } : {}) },
      NOW,
    );

  test('a reset time is believed for eight days at most', () => {
    const state = report(poolOf('a'), 'a', 'f/x', Date.parse('9999-12-31T00:00:00Z'));
    expect(skippedUntil(state, 'a', NOW)).toBe(NOW + 8 * 24 * HOUR);
  });

  test('does not empty a pool for the others, but for itself', () => {
    const state = report(report(poolOf('a', 'b'), 'a', 'f/x', NOW + 99 * HOUR), 'b', 'f/x', NOW + 99 * HOUR);
    expect(grantOf(ask(state, 'g/other', null, 'r'))).toMatchObject({ credential: 'a' });
    expect(grantOf(ask(state, 'f/x', null, 'r'))).toMatchObject({ exhaustedUntil: expect.any(String) as string });
    // A second agent has seen it too.
    const confirmed = report(report(state, 'a', 'g/other', NOW + HOUR), 'b', 'g/other', NOW + HOUR);
    expect(grantOf(ask(confirmed, 'h/third', null, 'r'))).toMatchObject({
      exhaustedUntil: expect.any(String) as string,
    });
  });

  test('what a turn has shown counts for all', () => {
    const state = report(poolOf('a'), 'a', 'f/x', NOW + HOUR, false);
    expect(grantOf(ask(state, 'g/other', null, 'r'))).toMatchObject({ exhaustedUntil: at(NOW + HOUR) });
  });
});
