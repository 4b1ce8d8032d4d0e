/** Fleets whose agents speak ACP: real workflows over the real `drover adapt`, on a server that skips time. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { FleetFile, FleetSpec } from '../../src/contract/fleet';
import { serve, type TestAgent } from '../../src/testing/agents/definitions';
import { testFleet } from '../testing/kit';
import { FAKE_ACP } from './adapted';

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
