/** Agents of the test kit: what they do against the protocol is found, and faults have their real effects. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fail, final, invoke } from '../../src/agent/replies';
import { after, crash, endpoint, script, serve, type TestAgent } from '../../src/testing/agents/definitions';
import type { FleetSpec } from '../../src/contract/fleet';
import { testFleet } from './kit';

/** A fleet whose first agent may invoke each of the others. */
function fleetOf(...names: readonly string[]): FleetSpec {
  const agents = ['Root', ...names].map((name) => ({
    name,
    provider: 'process' as const,
    process: { command: ['x'] },
  }));
  return { agents, topology: { flows: ['Start -> Root', 'Root -> End', ...names.map((name) => `Root <-> ${name}`)] } };
}

const fanOut = (...names: readonly string[]): TestAgent =>
  script(invoke(names.map((agent) => ({ agent, request: 'go' }))), final('all'));

test('mutants are caught: two answers to one call, other answers to one turn, invalid replies', async () => {
  let answers = 0;
  const Forgets = endpoint((_, respond) => respond(200, final((answers += 1))));
  const Repeats = endpoint((_, respond) => {
    respond(200, final('one'));
    respond(200, final('two'));
  });
  let garbage = 0;
  const Babbles = endpoint((_, respond) => {
    garbage += 1;
    respond(200, garbage <= 2 ? 'no JSON' : final('sorry'));
  });
  const Honest = endpoint(({ path }, respond) => respond(path === '/turn' ? 200 : 404, final('always the same')));
  const agents = { Root: fanOut('Forgets', 'Repeats', 'Babbles', 'Honest'), Forgets, Repeats, Babbles, Honest };
  const t = await testFleet({ spec: fleetOf('Forgets', 'Repeats', 'Babbles', 'Honest'), agents });
  expect(await t.run('x')).toMatchObject({ success: true, finalResponse: 'all' });
  const found = t.problems().map(({ agent, kind }) => `${agent} ${kind}`);
  expect([...new Set(found)].sort()).toEqual(['Babbles invalid', 'Forgets twice', 'Repeats twice']);
  await expect(t.close()).rejects.toThrow(
    /Forgets answered turn .* twice, with different answers: first 200 .*"response":1.*then/,
  );
});

test('an answer after the turn was withdrawn is late', async () => {
  let begin = (): void => undefined;
  const asked = new Promise<void>((resolve) => (begin = resolve));
  const Stubborn: TestAgent = async (_turn, signal) => {
    begin();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return final('too late');
  };
  const t = await testFleet({ spec: fleetOf('Stubborn'), agents: { Root: fanOut('Stubborn'), Stubborn } });
  const run = await t.start('x');
  await t.during(asked);
  await t.client.runs.cancel({ fleet: t.name, run: run.run });
  expect(await run.result()).toMatchObject({ success: false });
  // The agent's activity notices the withdrawal with its next heartbeat.
  const problems = await t.until(
    () => t.problems(),
    ({ length }) => length > 0,
    '2m',
  );
  expect(problems).toEqual([
    { agent: 'Stubborn', kind: 'late', message: expect.stringContaining('after it was withdrawn') as string },
  ]);
  await t.close({ problems: false });
});

test('an agent that crashes in a turn is started and asked again; a lost answer of a wake fails nothing', async () => {
  const Crashes = script(after('1m', crash(3)), final('alive'));
  const agents = { Root: fanOut('Crashes', 'Other'), Crashes, Other: script(fail('no')) };
  const t = await testFleet({ spec: fleetOf('Crashes', 'Other'), agents, apply: false });
  t.provider.failNext('wake', 'after', { agent: 'Crashes' });
  expect(await t.apply()).toMatchObject({ state: 'done' });
  expect(t.provider.count('wake', 'Crashes')).toBe(2);
  const { branches } = await t.run('x');
  expect(branches.map(({ agents: [name], outcome }) => `${String(name)} ${outcome}`)).toEqual([
    'Root failed',
    'Crashes completed',
    'Other failed',
  ]);
  expect(t.provider.count('wake', 'Crashes')).toBe(3);
  await t.close();
});

test('a real process in Python takes turns, is frozen and ended', async () => {
  const spec = fleetOf('Letters');
  const agents = spec.agents.map((agent) => ({ ...agent, process: { command: ['x'], env: { LETTERS: 'AB' } } }));
  const Letters = serve('python', 'agent.py', { cwd: `${__dirname}/../../examples/python` });
  const Root = script(invoke([{ agent: 'Letters', request: 'go' }]), final('done'));
  const t = await testFleet({ spec: { ...spec, agents }, agents: { Root, Letters } });
  const { trace } = await t.run('spell', { trace: true });
  expect(trace?.find(({ agent }) => agent === 'Letters')?.reply).toMatchObject({
    invocations: [{ agent: 'Root', request: ['A', 'B'] }],
  });
  const { pid } = await t.agent('Letters');
  expect(pid).toBeGreaterThan(1);
  await t.skip('2h');
  expect((await t.agent('Letters')).liveness).toBe('ready');
  await t.close();
  expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
});

test('no time is skipped while a real process starts, however long that takes', async () => {
  const gate = createServer();
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const { port } = gate.address() as AddressInfo;
  const agent = `
    const { serveAgent, final } = require(${JSON.stringify(join(__dirname, '../../dist/agent'))});
    fetch('http://127.0.0.1:${String(port)}').then(() => serveAgent({ onTurn: () => final('slow') }));
  `;
  const agents = { Root: serve(process.execPath, '-e', agent) };
  const t = await testFleet({ spec: fleetOf(), agents, apply: false });
  try {
    const asked = once(gate, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const applying = t.apply();
    const [, response] = await t.during(asked);
    const before = { simulated: (await t.now()).getTime(), real: performance.now() };
    for (let looks = 0; looks < 100; looks += 1) await t.now();
    const skipped = (await t.now()).getTime() - before.simulated - (performance.now() - before.real);
    // Only the step that was under way may be left.
    expect(skipped).toBeLessThan(1_000);
    response.end();
    expect(await applying).toMatchObject({ state: 'done' });
    expect(await t.run('x')).toMatchObject({ finalResponse: 'slow' });
  } finally {
    gate.closeAllConnections();
    gate.close();
  }
  await t.close();
});
