/** Subscriptions on skipped time: how long a credential is left alone, and a held agent that goes on by itself. */
import { timeSkipping } from '../../support/env';
import { withPool } from './subscription-harness';

const env = timeSkipping();

const HOUR = 3_600_000;

test('after a switch the old one is left alone for 2 h; both used up, no ping-pong; after it the agent goes on by itself', () =>
  withPool(env, ['a', 'b'], async (pool) => {
    // No agent beats while time is skipped.
    pool.spec = { liveness: { staleAfter: '72h' } };
    const agent = await pool.ready('one');
    await pool.report(agent, { subscription: 'a', kind: 'auth' });
    await pool.on(agent, 'b');
    await env.sleep(HOUR);
    await pool.report(agent, { subscription: 'b', kind: 'auth' });
    const held = await agent.until(({ runtime }) => runtime === 'paused');
    expect(held.subscription?.name).toBe('b');
    const [a, b] = (await pool.view()).credentials;
    const left = (until: string | null | undefined, now: number) =>
      Math.round((Date.parse(until ?? '') - now) / 60_000);
    const now = await env.now();
    expect([left(a?.skippedUntil, now), left(b?.skippedUntil, now)]).toEqual([60, 120]);
    await env.sleep(HOUR - 60_000);
    expect((await agent.view()).runtime).toBe('paused');
    await env.sleep(120_000);
    await pool.on(agent, 'a');
    expect(await pool.told(2)).toEqual(['a > b: hot_reloaded', 'b > a: hot_reloaded']);
  }));

test('a reset that the provider names counts, beyond the 2 h', () =>
  withPool(env, ['a'], async (pool) => {
    pool.spec = { liveness: { staleAfter: '72h' } };
    const agent = await pool.ready('one');
    const resetAt = new Date((await env.now()) + 5 * HOUR).toISOString();
    await pool.report(agent, { subscription: 'a', resetAt });
    await agent.until(({ runtime }) => runtime === 'paused');
    await env.sleep(4 * HOUR);
    const waiting = await agent.view();
    expect([waiting.runtime, (await pool.view()).exhaustedUntil]).toEqual(['paused', resetAt]);
    await env.sleep(HOUR + 60_000);
    const { subscription } = await pool.on(agent, 'a');
    expect(subscription?.assignment).toBe(2);
    expect(pool.switches()).toEqual([]);
  }));
