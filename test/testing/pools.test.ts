/** Credentials of the test kit: they fail on command, and pools, switches and events are the real ones. */
import { final } from '../../src/agent/replies';
import { testFleet } from './kit';

test('both credentials fail: the turn waits an hour for the cool-down, and events tell it', async () => {
  const given: string[] = [];
  const A = {
    onTurn: () => final('done'),
    onCredentials: ({ subscription, secret }: { subscription: string; secret: string }) => {
      given.push(`${subscription}: ${secret}`);
    },
  };
  const spec = {
    agents: [{ name: 'A', provider: 'process' as const, process: { command: ['x'] }, subscription: { pool: 'p' } }],
    topology: { flows: ['Start -> A', 'A -> End'] },
    subscriptions: [
      {
        pool: 'p',
        skipFor: '1h',
        credentials: [
          { name: 'one', secret: 'env:NO_SUCH_VARIABLE' },
          { name: 'two', secret: 'file:/no/such/file' },
        ],
      },
    ],
    notify: [{ url: 'http://127.0.0.1:1/', events: ['agent.ready'] }],
  };
  const t = await testFleet({ spec, agents: { A } });
  t.failCredential('one', { kind: 'auth' });
  t.failCredential('two', { kind: 'auth' });
  t.at('30m', () => t.restoreCredential('one'));
  const first = await t.run('x');
  expect(first).toMatchObject({ success: false });
  expect((await t.pool('p')).exhaustedUntil).not.toBeNull();
  expect((await t.agent('A')).runtime).toBe('paused');
  const exhausted = (await t.now()).getTime();
  await t.skip('1h');
  expect(await t.run('again')).toMatchObject({ success: true, finalResponse: 'done' });
  expect(((await t.now()).getTime() - exhausted) / 60_000).toBeLessThan(70);
  expect((await t.events()).map(({ type }) => type)).toEqual(
    expect.arrayContaining(['agent.ready', 'subscription.switched', 'pool.exhausted', 'run.failed', 'run.completed']),
  );
  expect(given.every((one) => one.includes(': secret-of-a-test-'))).toBe(true);
  expect(given.length).toBeGreaterThan(0);
  await t.close();
});
