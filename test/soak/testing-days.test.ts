/**
 * What long times cost in a test with `drover/testing`: their simulated times are asserted, their real times are reported. On two
 * quiet cores each takes less than 10 s.
 */
import { final, ask } from '../../src/agent/replies';
import { script, silentAfter } from '../../src/testing/agents/definitions';
import type { TestFleet } from '../../src/testing/fleet';
import { monotonicMs } from '../../src/lib/clock';
import { testFleet } from '../testing/kit';

const HOUR = 3_600_000;
const done = script({ ...final('done'), repeat: true });
const spec = {
  agents: ['Writer', 'Critic', 'Editor'].map((name) => ({
    ...{ name, provider: 'process' as const, process: { command: ['x'] } },
    subscription: { pool: 'p' },
  })),
  topology: { flows: ['Start -> Writer', 'Writer <-> Critic', 'Writer <-> Editor', 'Writer -> User', 'Writer -> End'] },
  subscriptions: [{ pool: 'p', skipFor: '1h', credentials: [{ name: 'one', secret: 'env:ONE' }] }],
};

async function measured(what: string, t: TestFleet, hours: number, act: () => Promise<unknown>): Promise<void> {
  const [before, since] = [(await t.now()).getTime(), monotonicMs()];
  await act();
  const took = monotonicMs() - since;
  const simulated = ((await t.now()).getTime() - before) / HOUR;
  expect(simulated).toBeGreaterThan(hours * 0.99);
  expect(simulated).toBeLessThan(hours * 1.1);
  const closing = monotonicMs();
  await t.close();
  console.info(`${what}: ${took.toFixed(0)} ms, replayed in ${(monotonicMs() - closing).toFixed(0)} ms`);
}

test('a day of silence', async () => {
  const t = await testFleet({ spec, agents: { Writer: done, Critic: done, Editor: silentAfter('3m', done) } });
  await measured('a day of silence', t, 24, async () => {
    await t.skip('24h');
    expect((await t.agent('Editor')).liveness).toBe('offline');
    expect((await t.agent('Writer')).liveness).toBe('ready');
  });
});

test('an hour of cool-down', async () => {
  const t = await testFleet({ spec, agents: { Writer: done, Critic: done, Editor: done } });
  await t.reportFailure('Writer');
  await measured('an hour of cool-down', t, 1, async () => {
    await t.until(
      () => t.agent('Writer'),
      ({ runtime }) => runtime === 'paused',
    );
    await t.skip('1h');
    expect(await t.run('write')).toMatchObject({ success: true });
  });
});

test('a question that takes three days', async () => {
  const Writer = script(ask('Which colour?'), final('blue'));
  const t = await testFleet({
    spec,
    agents: { Writer, Critic: done, Editor: done },
    human: [{ answer: 'blue', delay: '72h' }],
  });
  await measured('a question that takes three days', t, 72, async () => {
    expect(await t.run('paint')).toMatchObject({ success: true, finalResponse: 'blue' });
  });
});
