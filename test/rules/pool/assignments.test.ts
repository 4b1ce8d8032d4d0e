/** Assignments of a pool: grants, rejections, repeats, changed and removed credentials. */
import { configurePool, forgetAgent, rejectAllocation, resetPool, serveWaiting } from '../../../src/rules/pool/pool';
import { type PoolState } from '../../../src/rules/pool/state';
import { ask, failed, HOUR, NOW, poolOf, grantOf } from './pools';

describe('assignments', () => {
  test('the same request is answered the same, and assigns once', () => {
    const first = ask(poolOf('a', 'b'), 'f/1', null, 'r1');
    const again = ask(first.state, 'f/1', null, 'r1');
    expect(again.grants).toEqual(first.grants);
    expect(again.state.lastAssignment).toBe(1);
  });

  test('a rejected one gives the previous one back, once', () => {
    const before = ask(poolOf('a', 'b'), 'f/1', null, 'r1').state;
    const after = ask(before, 'f/1', 'a', 'r2').state;
    const restored = rejectAllocation(after, 'r2', NOW);
    expect(restored.assigned['f/1']).toMatchObject({ credential: 'a', assignment: 1 });
    expect(rejectAllocation(restored, 'r2', NOW)).toBe(restored);
  });

  test('what an agent could not apply it gets last, until the skip is over, a reset, or another secret', () => {
    const first = ask(poolOf('a', 'b', 'c'), 'f/1', null, 'r1').state;
    const next = ask(first, 'f/1', 'a', 'r2');
    expect(grantOf(next)).toMatchObject({ credential: 'b' });
    const rejected = rejectAllocation(next.state, 'r2', NOW);
    const chosen = (state: PoolState, agent = 'f/1', now = NOW) => grantOf(ask(state, agent, 'a', 'r3', now));
    expect(chosen(rejected)).toMatchObject({ credential: 'c' });
    expect(chosen(rejected, 'f/2')).toMatchObject({ credential: 'b' });
    expect(chosen(failed(rejected, 'c', NOW))).toMatchObject({ credential: 'b' });
    expect(chosen(rejected, 'f/1', NOW + 2 * HOUR)).toMatchObject({ credential: 'b' });
    expect(chosen(resetPool(rejected, { credential: 'b' }, NOW).state)).toMatchObject({ credential: 'b' });
    expect(chosen(resetPool(rejected, { credential: 'c' }, NOW).state)).toMatchObject({ credential: 'c' });
    const credentials = ['a', 'b', 'c'].map((name) => ({
      name,
      secret: `env:${name === 'b' ? 'MENDED' : name.toUpperCase()}`,
    }));
    expect(chosen(configurePool(rejected, { credentials }, NOW).state)).toMatchObject({ credential: 'b' });
    expect(forgetAgent(rejected, 'f/1').rejected).toEqual({});
  });

  test('a request that is given up while it waits is not answered later', () => {
    const waiting = ask(failed(poolOf('a'), 'a', NOW), 'f/1', 'a', 'r1').state;
    const withdrawn = rejectAllocation(waiting, 'r1', NOW);
    expect([withdrawn.waiting, serveWaiting(withdrawn, NOW + 3 * HOUR).grants]).toEqual([[], []]);
  });

  test('a credential that leaves the file moves its agents', () => {
    const state = ask(ask(poolOf('a', 'b'), 'f/1', null, 'r1').state, 'f/2', null, 'r2').state;
    const moved = configurePool(state, { credentials: [{ name: 'b', secret: 'env:B' }] }, NOW);
    expect(moved.grants).toMatchObject([{ agent: 'f/1', grant: { credential: 'b', assignment: 3 } }]);
  });

  test('a secret that is another now reaches the agents on that credential, which they keep', () => {
    const state = ask(ask(poolOf('a', 'b'), 'f/1', null, 'r1').state, 'f/2', null, 'r2').state;
    const credentials = [
      { name: 'a', secret: 'env:NEW' },
      { name: 'b', secret: 'env:B' },
    ];
    const { grants } = configurePool(state, { credentials }, NOW);
    expect(grants).toMatchObject([{ agent: 'f/1', grant: { credential: 'a', assignment: 3, secret: 'env:NEW' } }]);
  });

  test('an agent that waits is served once, not moved as well', () => {
    const usedUp = failed(ask(poolOf('a'), 'f/1', null, 'r1').state, 'a', NOW);
    const waiting = ask(usedUp, 'f/1', 'a', 'r2').state;
    const none = configurePool(waiting, { credentials: [] }, NOW);
    expect([none.grants, none.state.waiting.map(({ requestId }) => requestId)]).toEqual([[], ['r2']]);
    const served = configurePool(none.state, { credentials: [{ name: 'b', secret: 'env:B' }] }, NOW);
    expect(served.grants).toMatchObject([{ grant: { requestId: 'r2', credential: 'b' } }]);
  });

  test('an agent that ended has no credential, and a new one of its name is answered again', () => {
    const before = ask(poolOf('a', 'b'), 'f/1', null, 'r1').state;
    expect(grantOf(ask(forgetAgent(before, 'f/1'), 'f/1', null, 'r1'))).toMatchObject({ assignment: 2 });
  });

  test('an agent that ended has none', () => {
    const state = ask(poolOf('a'), 'f/1', null, 'r1').state;
    expect(forgetAgent(state, 'f/1').assigned).toEqual({});
  });
});
