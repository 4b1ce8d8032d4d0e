/** Fleets whose agents speak ACP or A2A: real workflows over the real `drover adapt`, on a server that skips time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { FleetFile, FleetSpec } from '../../src/contract/fleet';
import { serve, type TestAgent } from '../../src/testing/agents/definitions';
import { testFleet } from '../testing/kit';
import { FAKE_ACP } from './adapted';

const FAKE_A2A = join(__dirname, 'fake-a2a-agent.mjs');
const DROVER = join(__dirname, '../../bin/drover.js');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-acp-fleet-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An agent of the tests behind its adapter, started as a worker starts it. */
function acp(name: string, mode: string, env: Readonly<Record<string, string>> = {}): TestAgent {
  const command = [DROVER, 'adapt', 'acp', '--cwd', folder, '--', process.execPath, FAKE_ACP, mode];
  const own = { FAKE_STORE: `sessions-${name}.json`, FAKE_LOG: `log-${name}.jsonl` };
  return serve(process.execPath, ...command, { env: { ...own, ...env } });
}

test('a service of the Agent2Agent protocol asks the human, and goes on with the answer', async () => {
  const service = spawn(process.execPath, [FAKE_A2A], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(service.stdout.setEncoding('utf8'), 'data')) as [string];
  const card = `${line.trim()}/locked.json`;
  const spec: FleetSpec = {
    agents: [{ name: 'Painter', provider: 'process', process: { command: ['x'] } }],
    topology: { flows: ['Start -> Painter', 'Painter <-> User', 'Painter -> End'] },
  };
  const command = [DROVER, 'adapt', 'a2a', '--card', card, '--secret-env', 'KEY'];
  const Painter = serve(process.execPath, ...command, { env: { KEY: 'right' } });
  const t = await testFleet({ spec, agents: { Painter }, human: [{ answer: 'red', delay: '1h' }] });
  try {
    expect(await t.run('do: ask')).toMatchObject({ error: null, finalResponse: 'painted red' });
  } finally {
    await t.close();
    service.kill();
  }
});

test('the MARS case with five ACP agents, which know nothing of Drover', async () => {
  const example = readFileSync(join(__dirname, '../../examples/mars/fleet.yaml'), 'utf8');
  const { spec } = parse(example) as FleetFile;
  const agents = Object.fromEntries(
    spec.agents.map(({ name, process: own }) => [name, acp(name, 'mars', own?.env ?? {})]),
  );
  const t = await testFleet({ spec, agents });
  try {
    expect(await t.run('Collect the letters.')).toMatchObject({ error: null, finalResponse: 'MARS' });
  } finally {
    await t.close();
  }
});

test('a question for permission is asked, and answered as drover answer does', async () => {
  const spec: FleetSpec = {
    agents: [{ name: 'Coder', provider: 'process', process: { command: ['x'] } }],
    topology: { flows: ['Start -> Coder', 'Coder <-> User', 'Coder -> End'] },
  };
  const t = await testFleet({ spec, agents: { Coder: acp('Coder', 'usual') } });
  try {
    const run = await t.start('do: permission');
    const asking = await t.until(
      () => run.view(),
      ({ question }) => question !== null,
    );
    expect(JSON.stringify(asking.question)).toContain('Coder asks for permission: run npm test');
    await t.answer('allow');
    expect(await run.result()).toMatchObject({ error: null, finalResponse: 'was told yes' });
    const late = await t.run('do: permission');
    expect(late).toMatchObject({ error: null, finalResponse: 'was told no' });
  } finally {
    await t.close();
  }
});
