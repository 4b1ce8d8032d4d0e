/** An agent and its pool: the first credential, the burst, the stale guard, drain, restart, restore, exhaustion (docs/subscriptions.md). */
import type { TurnCall } from '../../../src/contract/activities';
import type { CommandResult } from '../../../src/contract/agent';
import { devServer } from '../../support/env';
import { eventually } from './harness';
import { type SubscriptionWorld, withPool } from './subscription-harness';

const env = devServer();

/** A turn that ends when the test says so. */
function held(): { readonly end: () => void; readonly turn: Promise<void> } {
  let end = (): void => undefined;
  const turn = new Promise<void>((resolve) => (end = resolve));
  return { end: () => end(), turn };
}

const taken = ({ world }: SubscriptionWorld) =>
  world.taken.map(({ request }) => `${request.turnId} on ${request.subscription?.name ?? 'none'}`);

const many = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('the first credential', () => {
  test('comes before the first start, to the one with the fewest agents, and is kept over restarts and continue-as-new', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const one = await pool.ready('one', {}, { continueAfterEvents: 40 });
      const two = await pool.ready('two');
      const three = await pool.ready('three');
      expect(await pool.assigned()).toEqual({ a: ['one', 'three'], b: ['two'] });
      expect((await two.view()).subscription).toEqual({ pool: pool.pool, name: 'b', assignment: 2 });
      const { runId } = await one.handle.describe();
      await eventually(
        async () => {
          await one.send('restart');
          await one.ready();
          return (await one.handle.describe()).runId;
        },
        (now) => now !== runId,
      );
      expect(new Set(pool.wakes(one))).toEqual(new Set(['a#1']));
      expect((await one.view()).subscription).toEqual({ pool: pool.pool, name: 'a', assignment: 1 });
      await Promise.all([one, two, three].map((agent) => agent.send('terminate')));
      await eventually(
        () => pool.assigned(),
        ({ a, b }) => a?.length === 0 && b?.length === 0,
      );
    }));

  test('is waited for without a pool, and the agent says so', () =>
    withPool(env, ['a'], async (pool) => {
      const agent = await pool.start('lost', { pool: 'nowhere' });
      const { why, runtime } = await agent.until((view) => view.why !== null);
      expect({ why, runtime }).toEqual({
        why: 'Waiting for a subscription of pool nowhere: apply a fleet file that describes it',
        runtime: 'stopped',
      });
    }));
});

describe('the burst', () => {
  test('two credentials, two concurrent failures of one agent: one switch, one reload, one notification', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      env.record('subscription-switch');
      const agent = await pool.ready('one');
      const answers = await Promise.all(many(2).map(() => pool.report(agent, { subscription: 'a', assignment: 1 })));
      const view = await pool.on(agent, 'b');
      expect(view.subscription?.assignment).toBe(2);
      await pool.counted(2);
      expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
      expect(pool.reloads.map(({ subscription }) => subscription)).toEqual([
        { pool: pool.pool, name: 'b', assignment: 2, secret: 'env:SECRET_B' },
      ]);
      expect(await pool.told(1)).toEqual(['a > b: hot_reloaded']);
      expect(await pool.decisions(agent)).toEqual([
        'subscription a: first, 0 events in the window: not_running',
        'switch a to b: rate_limit, 1 event in the window: hot_reloaded',
      ]);
      expect(pool.world.provider.count('wakeResource')).toBe(1);
      expect(await pool.assigned()).toEqual({ a: [], b: ['one'] });
    }));

  test('50 at once from one client: two updates, one switch, all of them counted', () =>
    withPool(env, ['a', 'b', 'c'], async (pool) => {
      const agent = await pool.ready('one');
      const answers = await Promise.all(many(50).map(() => pool.report(agent, { subscription: 'a', assignment: 1 })));
      await pool.on(agent, 'b');
      await pool.counted(50);
      expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
      const events = (await agent.handle.fetchHistory()).events ?? [];
      expect(events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toHaveLength(2);
      expect(await pool.told(1)).toEqual(['a > b: hot_reloaded']);
    }));

  test('nine updates in flight at once, which is what nine processes send: one switch', () =>
    withPool(env, ['a', 'b', 'c'], async (pool) => {
      const agent = await pool.ready('one');
      const report = { subscription: 'a', assignment: 1, kind: 'auth' };
      const answers = await Promise.all(
        many(9).map(() => agent.handle.executeUpdate<CommandResult, [object]>('reportFailure', { args: [report] })),
      );
      await pool.on(agent, 'b');
      await pool.counted(9);
      expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
      expect(await pool.told(1)).toEqual(['a > b: hot_reloaded']);
    }));

  test('the same by restart: one restart, with the new credential', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const agent = await pool.ready('one', { apply: 'restart' });
      await Promise.all(many(2).map(() => pool.report(agent, { subscription: 'a', assignment: 1 })));
      await agent.until((view) => view.subscription?.name === 'b' && view.runtime === 'running');
      await agent.beat();
      await pool.on(agent, 'b');
      expect(pool.wakes(agent)).toEqual(['a#1', 'b#2']);
      expect(pool.world.provider.count('stopResource')).toBe(1);
      expect(pool.reloads).toEqual([]);
      expect(await pool.told(1)).toEqual(['a > b: restarted']);
    }));

  test('three credentials, two concurrent failures about the first: only first to second', () =>
    withPool(env, ['a', 'b', 'c'], async (pool) => {
      const agent = await pool.ready('one');
      await Promise.all(many(2).map(() => agent.handle.signal('reportFailure', { subscription: 'a', kind: 'auth' })));
      await pool.on(agent, 'b');
      await pool.counted(2);
      expect(await pool.told(1)).toEqual(['a > b: hot_reloaded']);
      const events = (await pool.handle.fetchHistory()).events ?? [];
      const asked = events.filter(
        (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'allocationRequested',
      );
      expect(asked).toHaveLength(2);
    }));

  test('distinct agents switch at the same time without waiting for each other', () =>
    withPool(env, ['a', 'b', 'c'], async (pool) => {
      const slow = held();
      pool.reload = async ({ agent }) => {
        if (agent === 'one') await slow.turn;
        return { reloaded: true, why: null };
      };
      const [one, two] = [await pool.ready('one'), await pool.ready('two')];
      await Promise.all([
        pool.report(one, { subscription: 'a', assignment: 1 }),
        pool.report(two, { subscription: 'b', assignment: 2 }),
      ]);
      await pool.on(two, 'c');
      expect((await one.view()).subscription?.name).toBe('a');
      slow.end();
      await pool.on(one, 'c');
      await pool.told(2);
      expect(pool.switches(one)).toEqual(['a > c: hot_reloaded']);
    }));
});

describe('the stale guard', () => {
  test.each([0, 1, 2])(
    'a report about an earlier assignment that comes after %i further switches causes none',
    (further) =>
      withPool(env, ['a', 'b'], async (pool) => {
        const agent = await pool.ready('one');
        const names = ['b', 'a', 'b'].slice(0, further + 1);
        for (const [index, name] of names.entries()) {
          await pool.reset();
          await pool.report(agent, { subscription: name === 'b' ? 'a' : 'b', assignment: index + 1 });
          await pool.on(agent, name);
        }
        const before = await agent.view();
        await pool.reset();
        const late = await pool.report(agent, { subscription: 'a', assignment: 1 });
        expect(late.changed).toBe(false);
        await pool.counted(1);
        expect((await agent.view()).subscription).toEqual(before.subscription);
        expect(await pool.told(further + 1)).toHaveLength(further + 1);
      }),
  );

  test('of the same request the second copy changes nothing, and hears the first answer', () =>
    withPool(env, ['a', 'b', 'c'], async (pool) => {
      const agent = await pool.ready('one');
      const first = await pool.report(agent, { subscription: 'a', requestId: 'r1' });
      await pool.on(agent, 'b');
      const again = await pool.report(agent, { subscription: 'a', requestId: 'r1' });
      expect([first.changed, again.changed]).toEqual([true, true]);
      // Under the same id, but about another credential: that is not a copy.
      await expect(pool.report(agent, { subscription: 'b', requestId: 'r1' })).rejects.toThrow(
        'request id "r1" was used for another command, or with other arguments',
      );
      expect((await agent.view()).subscription?.name).toBe('b');
    }));
});

describe('what begins no switch', () => {
  test('the feature off: recorded, nothing else; `other`: a decision and nothing else; without a pool: nothing', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const off = await pool.ready('off', { autoSwitch: false });
      await pool.report(off, { subscription: 'a', assignment: 1 });
      await pool.counted(1);
      const other = await pool.ready('other');
      expect((await pool.report(other, { subscription: 'b', kind: 'other' })).changed).toBe(false);
      const without = await pool.world.start('without');
      await without.ready();
      const before = (await without.view()).decisions;
      expect((await pool.report(without, { subscription: 'a' })).changed).toBe(false);
      expect((await without.view()).decisions).toEqual(before);
      const { decisions = [] } = await other.view();
      expect(decisions.at(-1)).toMatchObject({ what: 'failure of b', why: 'other: nothing follows' });
      expect([(await off.view()).subscription?.name, (await other.view()).subscription?.name]).toEqual(['a', 'b']);
      await pool.counted(1);
      expect(pool.switches()).toEqual([]);
    }));
});

describe('turns', () => {
  test('in flight they finish on the old credential, the next starts on the new one, none is lost', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const long = held();
      pool.world.takeTurn = async (call: TurnCall) => {
        if (call.request.turnId === 't1') await long.turn;
        return { reply: { action: 'final', response: call.request.turnId } };
      };
      const [agent, box] = [await pool.ready('one'), await pool.world.mailbox()];
      await pool.world.ask(agent, box, 't1');
      await agent.until(({ turns }) => turns.inFlight === 1);
      await pool.report(agent, { subscription: 'a', assignment: 1 });
      await pool.world.ask(agent, box, 't2');
      const draining = await agent.until(({ why, turns }) => why?.includes(' to b') === true && turns.queued === 1);
      expect(draining.why).toBe('Switching from a to b (1 turn in flight): it continues by itself');
      expect(pool.reloads).toEqual([]);
      long.end();
      await pool.on(agent, 'b');
      const mail = await eventually(
        () => pool.world.mail(box),
        (letters) => letters.length === 2,
      );
      expect(mail.map(({ argument }) => argument)).toEqual([
        { turnId: 't1', outcome: { reply: { action: 'final', response: 't1' } } },
        { turnId: 't2', outcome: { reply: { action: 'final', response: 't2' } } },
      ]);
      expect(taken(pool)).toEqual(['t1 on a', 't2 on b']);
    }));

  test('a drain that runs out goes on with the switch; a restart asks the turn again', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const never = held();
      pool.world.takeTurn = async (call: TurnCall) => {
        if (call.request.attempt === 1) await never.turn;
        return { reply: { action: 'final', response: call.request.turnId } };
      };
      const agent = await pool.ready('one', { apply: 'restart', drainTimeout: '300ms' });
      const box = await pool.world.mailbox();
      await pool.world.ask(agent, box, 't1');
      await agent.until(({ turns }) => turns.inFlight === 1);
      await pool.report(agent, { subscription: 'a', assignment: 1 });
      await agent.until((view) => view.subscription?.name === 'b' && view.runtime === 'running');
      never.end();
      await agent.beat();
      await eventually(
        () => pool.world.mail(box),
        (letters) => letters.length === 1,
      );
      expect(await pool.told(1)).toEqual(['a > b: restarted']);
    }));

  test('one that fails with its credential is asked again once, on the new one, with the same id', () =>
    withPool(env, ['a', 'b', 'c'], async (pool) => {
      pool.world.takeTurn = async ({ request: { turnId, subscription } }) => {
        const isOver = turnId === 'always' || subscription?.name === 'a';
        if (!isOver) return { reply: { action: 'final', response: subscription?.name } };
        return { reply: { action: 'fail', error: '429' }, failure: { kind: 'rate_limit' } };
      };
      const [agent, box] = [await pool.ready('one'), await pool.world.mailbox()];
      for (const turnId of ['t1', 't2']) await pool.world.ask(agent, box, turnId);
      const mail = await eventually(
        () => pool.world.mail(box),
        (letters) => letters.length === 2,
      );
      expect(mail.map(({ argument }) => argument)).toEqual(
        expect.arrayContaining([
          { turnId: 't1', outcome: { reply: { action: 'final', response: 'b' } } },
          { turnId: 't2', outcome: { reply: { action: 'final', response: 'b' } } },
        ]),
      );
      expect(await pool.told(1)).toEqual(['a > b: hot_reloaded']);
      await pool.counted(2);
      await pool.world.ask(agent, box, 'always');
      await eventually(
        () => pool.world.mail(box),
        (letters) => letters.length === 3,
      );
      expect(taken(pool).filter((turn) => turn.startsWith('always'))).toEqual(['always on b', 'always on c']);
    }));
});

describe('what cannot be applied', () => {
  test('a reload that the agent refuses becomes a restart', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      pool.reload = async () => ({ reloaded: false, why: 'it answered 404' });
      const agent = await pool.ready('one');
      await pool.report(agent, { subscription: 'a' });
      await agent.until((view) => view.subscription?.name === 'b' && view.runtime === 'running');
      expect(await pool.told(1)).toEqual(['a > b: restarted']);
      expect(pool.wakes(agent)).toEqual(['a#1', 'b#2']);
    }));

  test('a secret that leads nowhere: the earlier assignment, a failed decision, liveness untouched, agent and pool agree', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      pool.reload = async () => {
        throw new Error('secret env:SECRET_B is not there');
      };
      const agent = await pool.ready('one');
      await pool.report(agent, { subscription: 'a' });
      expect(await pool.told(1)).toEqual(['a > b: failed']);
      const view = await agent.view();
      expect(view).toMatchObject({ status: 'running', liveness: 'ready', subscription: { name: 'a', assignment: 1 } });
      expect(view.decisions?.at(-1)).toMatchObject({ what: 'switch a to b', accepted: false });
      await eventually(
        () => pool.assigned(),
        ({ a, b }) => a?.includes('one') === true && b?.length === 0,
      );
      expect((await pool.report(agent, { subscription: 'a' })).changed).toBe(false);
    }));

  test('an agent that does not start with the new one is started with the previous one', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const agent = await pool.ready('one', { apply: 'restart' });
      pool.world.provider.before = ({ call, subscription }) => {
        if (call === 'wakeResource' && subscription?.name === 'b') throw new Error('no such key');
      };
      await pool.report(agent, { subscription: 'a' });
      await pool.told(1);
      await agent.until((view) => view.runtime === 'running');
      await agent.beat();
      await pool.on(agent, 'a');
      expect(pool.switches()).toEqual(['a > b: failed']);
      expect(new Set(pool.wakes(agent))).toEqual(new Set(['a#1', 'b#2']));
      expect(pool.wakes(agent).at(-1)).toBe('a#1');
      expect((await pool.assigned())['a']).toEqual(['one']);
    }));
});

describe('a pool that is used up', () => {
  test('holds the agent and says until when; a reset of the other one switches it', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const agent = await pool.ready('one');
      await pool.report(agent, { subscription: 'a' });
      await pool.on(agent, 'b');
      await pool.report(agent, { subscription: 'b' });
      const paused = await agent.until(({ runtime }) => runtime === 'paused');
      expect(paused.holds.map(({ name }) => name)).toEqual(['subscription']);
      expect(paused.why).toMatch(
        /^Held by subscription: pool p-\w+ is exhausted until \d{4}-\d\d-\d\d \d\d:\d\d UTC: /,
      );
      expect(paused.subscription?.name).toBe('b');
      await pool.reset('a');
      await pool.on(agent, 'a');
      expect(await pool.told(2)).toEqual(['a > b: hot_reloaded', 'b > a: hot_reloaded']);
    }));

  test('a credential added to the file switches it; an agent that starts in between waits, and says so', () =>
    withPool(env, ['a'], async (pool) => {
      const agent = await pool.ready('one');
      await pool.report(agent, { subscription: 'a' });
      await agent.until(({ runtime }) => runtime === 'paused');
      const late = await pool.start('late');
      const waiting = await late.until(({ holds }) => holds.length > 0);
      expect(waiting.runtime).toBe('stopped');
      await pool.configure(['a', 'b']);
      await pool.on(agent, 'b');
      await late.until(({ runtime }) => runtime === 'running');
      expect(pool.wakes(late)).toEqual(['b#3']);
    }));

  test('a credential that leaves the file moves its agents; one whose reference changes reaches them', () =>
    withPool(env, ['a', 'b'], async (pool) => {
      const agent = await pool.ready('one');
      await pool.configure(['b']);
      await pool.on(agent, 'b');
      expect(await pool.told(1)).toEqual(['a > b: hot_reloaded']);
      const changed = [{ name: 'b', secret: 'env:ANOTHER' }];
      await pool.handle.executeUpdate('configure', { args: [{ credentials: changed }] });
      await eventually(
        async () => pool.reloads.at(-1)?.subscription.secret,
        (secret) => secret === 'env:ANOTHER',
      );
    }));
});
