/** Simulated time of the test kit: steps, planned events, agents that beat, humans that take days. */
import { ask, final } from '../../src/agent/replies';
import { after, script, silentAfter } from '../../src/testing/agents/definitions';
import { testFleet } from './kit';

const HOUR = 3_600_000;
const spec = {
  agents: [{ name: 'A', provider: 'process' as const, process: { command: ['node'] } }],
  topology: { flows: ['Start -> A', 'A -> User', 'A -> End'] },
};

test('planned events happen at their times, in order, and those that are planned while another waits too', async () => {
  const t = await testFleet({ spec, agents: { A: script() } });
  const started = (await t.now()).getTime();
  const happened: [string, number][] = [];
  const note = async (what: string): Promise<void> => {
    happened.push([what, Math.round(((await t.now()).getTime() - started) / 60_000)]);
  };
  t.at('3h', () => note('third'));
  t.at('1h', async () => {
    await note('first');
    await t.skip('1h');
    await note('second');
  });
  await t.skip('4h');
  expect(happened).toEqual([
    ['first', 60],
    ['second', 120],
    ['third', 180],
  ]);
  await t.close();
});

test('an agent that beats stays ready for days, and one that falls silent is offline a staleAfter later', async () => {
  const t = await testFleet({ spec, agents: { A: silentAfter('50h') } });
  await t.skip('50h');
  expect((await t.agent('A')).liveness).toBe('ready');
  const { lastProofAt } = await t.agent('A');
  await t.skip('1m');
  const offline = await t.until(
    () => t.agent('A'),
    ({ liveness }) => liveness === 'offline',
    '1m',
  );
  expect(offline.lastProofAt).toBe(lastProofAt);
  expect((await t.events()).map(({ type }) => type)).toEqual(['agent.ready', 'agent.offline']);
  await t.close();
});

test('a human takes three days, and a turn takes hours', async () => {
  const A = script(after('5m', ask('Which colour?')), after('8m', final('done')));
  const t = await testFleet({ spec, agents: { A }, human: [{ answer: 'blue', delay: '72h' }] });
  const before = (await t.now()).getTime();
  expect(await t.run('paint')).toMatchObject({ success: true, finalResponse: 'done' });
  // The test itself learns of the end later, by as much as the machine is slow.
  const completed = (await t.events()).find(({ type }) => type === 'run.completed');
  const hours = (Date.parse(completed?.at ?? '') - before) / HOUR;
  expect(hours).toBeGreaterThan(72.2);
  expect(hours).toBeLessThan(72.4);
  await t.close();
});

test('no time passes after the end of a change or a run', async () => {
  const t = await testFleet({ spec, agents: { A: script(final('done')) }, apply: false });
  const passed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = (await t.now()).getTime();
    await work();
    return (await t.now()).getTime() - before;
  };
  // Each takes seconds of simulated time; a client that looks again in real time would see days pass.
  const minutes = [() => t.apply(), () => t.run('paint'), () => t.destroy()];
  for (const work of minutes) expect(await passed(work)).toBeLessThan(60_000);
  await t.close();
});

test('a test that waits for something that never happens ends with an error', async () => {
  const t = await testFleet({ spec, agents: { A: script() } });
  await expect(t.during(new Promise(() => undefined))).rejects.toThrow(/ten simulated years have passed/);
  await t.close();
});
