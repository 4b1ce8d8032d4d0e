/** The real Claude Code behind claude-agent-acp in a fleet of a real worker. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { FleetFile } from '../../src/contract/fleet';
import { FAKE_ACP } from '../adapters/adapted';
import { drover, startUp, temporaryFolder } from '../cli/commands/drover';
import { CLAUDE_AGENT_ACP, Model } from './installed';

let model: Model;

beforeAll(async () => {
  model = await Model.start();
});

afterAll(() => model.stop());

test('MARS with Claude Code as one of five agents', async () => {
  const folder = temporaryFolder();
  try {
    const home = join(folder.path, 'home');
    mkdirSync(home);
    const example = readFileSync(join(__dirname, '../../examples/mars/fleet.yaml'), 'utf8');
    const { spec, ...rest } = parse(example) as FleetFile;
    const agents = spec.agents.map(({ name, process: own }) =>
      name === 'AgentA'
        ? {
            name,
            provider: 'process',
            adapter: { acp: { command: CLAUDE_AGENT_ACP } },
            process: { env: model.claude(home) },
          }
        : {
            name,
            provider: 'process',
            adapter: { acp: { command: [process.execPath, FAKE_ACP, 'mars'] } },
            process: { env: { ...own?.env, FAKE_STORE: `sessions-${name}.json`, FAKE_LOG: `log-${name}.jsonl` } },
          },
    );
    writeFileSync(join(folder.path, 'fleet.yaml'), stringify({ ...rest, spec: { ...spec, agents } }));
    const up = await startUp(folder.path, ['fleet.yaml']);
    const run = await drover(['run', 'mars', 'Collect the letters.'], folder.path);
    expect(run).toMatchObject({ code: 0, stdout: 'MARS\n' });
    await drover(['destroy', 'mars', '--yes', '--wait'], folder.path);
    up.process.kill('SIGINT');
    await up.ended;
  } finally {
    await folder.remove();
  }
});
