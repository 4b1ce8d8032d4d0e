/** A pool's rules leave other agents, credentials and fleets as they are; and the first state of a pool. */
import { UNBEGUN_LOG } from '../../../src/rules/lib/log/log';
import type { PoolConfiguration } from '../../../src/contract/pool';
import {
  configurePool,
  forgetAgent,
  leavePool,
  notifiedBy,
  observeFailure,
  rejectAllocation,
  requestAllocation,
} from '../../../src/rules/pool/pool';
import { ask, at, credentials, failed, HOUR, NOW, poolOf } from './pools';
import { type PoolState, endsAt, newPool, nextReset, poolView, skippedUntil } from '../../../src/rules/pool/state';

/** Two agents wait, and one has a credential. */
function exhausted(): PoolState {
  let { state } = ask(poolOf('a'), 'f/has', null, 'r0');
  state = failed(state, 'a');
  ({ state } = ask(state, 'f/1', null, 'r1'));
  ({ state } = ask(state, 'f/2', null, 'r2'));
  return state;
}
const waiting = (state: PoolState) => state.waiting.map(({ requestId }) => requestId);

test('a new pool knows nothing yet, and its fleet only if one is named', () => {
  expect(poolOf('a')).toEqual({
    v: 1,
    pool: 'claude',
    config: { credentials: credentials('a') },
    fleets: {},
    isLeft: false,
    assigned: {},
    waiting: [],
    announced: false,
    lastAssignment: 0,
    events: [],
    granted: [],
    requests: [],
    log: UNBEGUN_LOG,
    continueAfterEvents: null,
  });
  expect(newPool('claude', { credentials: credentials('a'), fleet: 'f' }, 7)).toMatchObject({
    fleets: { f: [] },
    continueAfterEvents: 7,
  });
});

test('a request that is withdrawn takes no other along', () => {
  expect(waiting(exhausted())).toEqual(['r1', 'r2']);
  expect(waiting(rejectAllocation(exhausted(), 'r1', NOW))).toEqual(['r2']);
});

test('an agent that is forgotten leaves the requests and grants of others', () => {
  const state = forgetAgent(exhausted(), 'f/1');
  expect(waiting(state)).toEqual(['r2']);
  expect(state.granted.map(({ agent }) => agent)).toEqual(['f/has']);
  expect(Object.keys(state.assigned)).toEqual(['f/has']);
  expect(forgetAgent(state, 'f/has')).toMatchObject({ assigned: {}, granted: [] });
});

test('a rejected grant takes back its own assignment, and under another id', () => {
  let { state } = ask(poolOf('a', 'b'), 'f/1', null, 'r1');
  ({ state } = ask(state, 'f/2', null, 'r2'));
  ({ state } = ask(state, 'f/1', 'a', 'r3'));
  const back = rejectAllocation(state, 'r3', NOW);
  expect(back.assigned).toEqual({
    'f/1': { credential: 'a', assignment: 1, requestId: 'restored.r3', previous: null },
    'f/2': state.assigned['f/2'],
  });
  expect(rejectAllocation(back, 'r3', NOW)).toBe(back);
  const first = rejectAllocation(state, 'r2', NOW);
  expect(Object.keys(first.assigned)).toEqual(['f/1']);
});

test('a waiting request that is repeated keeps its place, and counts its failure once', () => {
  const failed = { credential: 'a', kind: 'rate_limit', at: at(NOW), agent: 'f/1' } as const;
  const request = { requestId: 'r1', agent: 'f/1', not: 'a', failed };
  const { state } = requestAllocation(poolOf('a'), request, NOW);
  expect(state.events).toHaveLength(1);
  const other = ask(state, 'f/2', null, 'r2').state;
  const again = requestAllocation(other, request, NOW);
  expect(again.state.events).toHaveLength(1);
  expect(waiting(again.state)).toEqual(['r1', 'r2']);
  const next = requestAllocation(other, { ...request, requestId: 'r9' }, NOW);
  expect(next.state.events).toHaveLength(2);
  expect(waiting(next.state)).toEqual(['r2', 'r9']);
});

test('failures of one credential never push out those of another', () => {
  const one = failed(poolOf('a', 'b'), 'b');
  const observed = { credential: 'a', kind: 'auth', at: at(NOW), agent: 'f/x' } as const;
  const full = observeFailure(one, { ...observed, count: 500 }, NOW);
  const more = observeFailure(full, { ...observed, count: 500 }, NOW);
  expect(more.events.filter(({ credential }) => credential === 'b')).toHaveLength(1);
  expect(more.events).toHaveLength(501);
  expect(more.events[0]).toMatchObject({ resetAt: null });
});

test('an agent that asks for another credential counts on its own as gone', () => {
  // a has two agents and b has two; one of a that asks again leaves one there.
  let state = poolOf('a', 'b');
  for (const agent of ['f/1', 'f/2', 'f/3', 'f/4']) ({ state } = ask(state, agent, null, agent));
  expect(state.assigned['f/4']).toMatchObject({ credential: 'b' });
  ({ state } = ask(state, 'f/4', null, 'again'));
  expect(state.assigned['f/4']).toMatchObject({ credential: 'b' });
  ({ state } = ask(state, 'f/4', 'b', 'other'));
  expect(state.assigned['f/4']).toMatchObject({ credential: 'a' });
  // a has three now and b has one: the next two go to b.
  for (const agent of ['f/5', 'f/6']) ({ state } = ask(state, agent, null, agent));
  expect([state.assigned['f/5'], state.assigned['f/6']]).toMatchObject([{ credential: 'b' }, { credential: 'b' }]);
});

test('a first grant counts no failures, a switch those of the credential that it leaves', () => {
  const state = failed(failed(poolOf('a', 'b'), 'a'), 'a', NOW - 2 * HOUR);
  const first = ask(state, 'f/1', null, 'r1').grants[0]?.grant;
  expect(first).toMatchObject({ credential: 'b', eventsInWindow: 0 });
  // One that is exactly as old as the window is outside of it.
  expect(ask(state, 'f/2', 'a', 'r2').grants[0]?.grant).toMatchObject({ credential: 'b', eventsInWindow: 1 });
});

test('a fleet that leaves takes only itself, and one that was never there nothing', () => {
  const hook = { url: 'https://a.example/hook', events: ['pool.exhausted'] };
  const configuration = (fleet: string, notify: readonly (typeof hook & { secret?: string })[]): PoolConfiguration => ({
    credentials: credentials('a'),
    fleet,
    notify,
  });
  let state = newPool('claude', configuration('f', [hook]), null);
  ({ state } = configurePool(state, configuration('g', [hook, { ...hook, secret: 'env:S' }]), NOW));
  expect(notifiedBy(state)).toHaveLength(2);
  expect(leavePool(state, { fleet: 'unknown' })).toBe(state);
  const left = leavePool(state, { fleet: 'f' });
  expect([Object.keys(left.fleets), left.isLeft]).toEqual([['g'], false]);
  expect(leavePool(left, { fleet: 'g' })).toMatchObject({ fleets: {}, isLeft: true });
  expect(configurePool(leavePool(left, { fleet: 'g' }), configuration('g', []), NOW).state.isLeft).toBe(false);
});

test('a configuration that names no fleet changes none, and drops the failures of credentials that are gone', () => {
  const before = failed(failed(newPool('claude', { credentials: credentials('a', 'b'), fleet: 'f' }, null), 'a'), 'b');
  const { state } = configurePool(before, { credentials: credentials('b') }, NOW);
  expect(state.fleets).toEqual({ f: [] });
  expect(state.events.map(({ credential }) => credential)).toEqual(['b']);
});

test('a changed secret gives a credential that an agent rejected another chance, an unchanged one does not', () => {
  let { state } = ask(poolOf('a', 'b'), 'f/1', null, 'r1');
  state = rejectAllocation(state, 'r1', NOW);
  expect(state.rejected).toEqual({ 'f/1': { a: NOW } });
  const same = configurePool(state, { credentials: credentials('a', 'b') }, NOW).state;
  expect(same.rejected).toEqual({ 'f/1': { a: NOW } });
  const changed = configurePool(state, { credentials: [{ name: 'a', secret: 'env:NEW' }, ...credentials('b')] }, NOW);
  expect(changed.state.rejected).toEqual({ 'f/1': {} });
});

test('its view shows each agent below its own credential, and until when each is skipped', () => {
  let { state } = ask(poolOf('a', 'b'), 'f/1', null, 'r1');
  ({ state } = ask(state, 'f/2', null, 'r2'));
  state = failed(state, 'b');
  expect(poolView(state, NOW).credentials).toMatchObject([
    { name: 'a', agents: ['f/1'] },
    { name: 'b', agents: ['f/2'] },
  ]);
  expect(skippedUntil(state, 'a', NOW)).toBeNull();
  expect(nextReset(state, NOW)).toBe(NOW + 2 * HOUR);
});

test('it ends when every fleet has left, no agent uses it, and no credential is skipped', () => {
  const left: PoolState = { ...poolOf('a'), isLeft: true };
  expect(endsAt(poolOf('a'), NOW)).toBeNull();
  expect(endsAt(left, NOW)).toBe(NOW);
  expect(endsAt(failed(left, 'a'), NOW)).toBe(NOW + 2 * HOUR);
  expect(endsAt(ask(left, 'f/1', null, 'r1').state, NOW)).toBeNull();
  expect(endsAt({ ...exhausted(), isLeft: true, assigned: {} }, NOW)).toBeNull();
});
