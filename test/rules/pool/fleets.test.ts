/** The fleets of a pool, and its end after the last one. */
import { announceExhaustion, configurePool, leavePool, notifiedBy, resetPool } from '../../../src/rules/pool/pool';
import { endsAt, newPool } from '../../../src/rules/pool/state';
import { ask, failed, HOUR, NOW, poolOf } from './pools';

describe('the fleets of a pool', () => {
  const hook = (url: string) => [{ url }];
  const config = (fleet: string) => ({ credentials: [{ name: 'a', secret: 'env:A' }], fleet, notify: hook(fleet) });
  const both = configurePool(newPool('claude', config('one'), null), config('two'), NOW).state;

  test('each has its webhooks, and one that both name receives it once', () => {
    expect(notifiedBy(both).map(({ url }) => url)).toEqual(['one', 'two']);
    const same = configurePool(both, { ...config('two'), notify: hook('one') }, NOW).state;
    expect(notifiedBy(same)).toHaveLength(1);
    const uninterested = [{ url: 'one', events: ['agent.offline'] }];
    const deaf = configurePool(both, { ...config('two'), notify: uninterested }, NOW).state;
    expect(notifiedBy(deaf)).toEqual([{ url: 'one' }]);
  });

  test('the last one that leaves ends it, once it skips no credential and no agent has one', () => {
    const one = leavePool(both, { fleet: 'one' });
    expect(endsAt(one, NOW)).toBeNull();
    const none = leavePool(one, { fleet: 'two' });
    expect(endsAt(none, NOW)).toBe(NOW);
    expect(endsAt(failed(none, 'a', NOW), NOW)).toBe(NOW + 2 * HOUR);
    expect(endsAt(ask(none, 'f/1', null, 'r1').state, NOW)).toBeNull();
    expect(endsAt(configurePool(none, config('one'), NOW).state, NOW)).toBeNull();
    expect(endsAt(poolOf('a'), NOW)).toBeNull();
  });

  test('people are notified of the exhaustion once, until no agent waits', () => {
    const usedUp = ask(failed(both, 'a', NOW), 'f/1', 'a', 'r1').state;
    const first = announceExhaustion(usedUp);
    expect([announceExhaustion(both).due, first.due, announceExhaustion(first.state).due]).toEqual([
      false,
      true,
      false,
    ]);
    const over = announceExhaustion(resetPool(first.state, {}, NOW).state);
    expect([over.due, over.state.announced]).toEqual([false, false]);
  });
});
