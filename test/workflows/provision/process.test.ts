/** Changes over real processes: what a mistake in the file looks like, and what is left of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleetActivities } from '../../../src/activities/fleet/fleet';
import { createPreflightActivities } from '../../../src/activities/fleet/preflight';
import { createProviderActivities } from '../../../src/activities/resources';
import { Calls } from '../../../src/client/temporal/calls';
import { Fleets } from '../../../src/client/fleets/fleets';
import type { AgentSpec } from '../../../src/contract/agent';
import type { ChangeView } from '../../../src/contract/fleet';
import { until } from '../../../src/lib/until';
import { ProcessProvider } from '../../../src/providers/process';
import { INSTALLATION } from '../../support/installation';
import { devServer } from '../../support/env';
import { withWorker } from '../../support/worker';

const env = devServer();

let stateDir: string;
let provider: ProcessProvider;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-provision-'));
  const environment = { PATH: process.env['PATH'] };
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };
  provider = new ProcessProvider({ stateDir, installation: INSTALLATION, environment, ...access });
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** A process that stays up and never beats. */
const SILENT = ['sh', '-c', 'while :; do sleep 0.2; done'];

function agent(name: string, command: readonly string[], more: Partial<AgentSpec> = {}): AgentSpec {
  return { name, provider: 'process', process: { command, cwd: stateDir }, ...more };
}

/** Applies the agents as fleet `shop`; `then` is done while there is a worker. */
async function apply(
  agents: readonly AgentSpec[],
  then: (fleets: Fleets) => Promise<void> = async () => {},
): Promise<ChangeView> {
  const calls = new Calls(env.client);
  const activities = {
    ...createProviderActivities({ process: provider }),
    ...createPreflightActivities({ providers: { process: provider }, environment: { PATH: process.env['PATH'] } }),
    ...createFleetActivities({ calls, installation: INSTALLATION, host: 'here' }),
  };
  return withWorker({ env, activities, hosts: ['here'] }, async (taskQueue) => {
    const fleets = new Fleets(calls, taskQueue);
    const { changeId, revision } = await fleets.apply('shop', { spec: { agents } });
    const ended = await fleets.follow('shop', { changeId: changeId ?? '', revision }, { timeoutMs: 45_000 });
    await then(fleets);
    return ended;
  });
}

test.each<[string, AgentSpec, RegExp]>([
  [
    'that exits at once',
    agent('B', ['sh', '-c', 'echo no letters here; exit 3']),
    /^B: exited with code 3.*no letters here/s,
  ],
  [
    'that never beats',
    agent('B', SILENT, { liveness: { readyTimeout: '3s' } }),
    /^B: the agent sent no beat within 3s/,
  ],
])('an agent %s: it is named with why, the others are rolled back, no process is left', async (_what, wrong, error) => {
  const ended = await apply([agent('A', SILENT), wrong]);
  expect(ended.error).toMatch(error);
  expect(ended).toMatchObject({ state: 'rolled_back', ids: {}, compensation: { state: 'compensated' } });
  expect(await provider.list()).toEqual([]);
});

/** The output of Node about a program in one line, as command line tools of agents are. */
const MINIFIED = "head -c 372000 /dev/zero | tr '\\0' m; echo; echo 'Error: not logged in'; exit 1";

test.each<[string, readonly AgentSpec[], RegExp]>([
  [
    'a MiB of bytes that are not UTF-8',
    [agent('A', ['sh', '-c', "head -c 1048576 /dev/zero | tr '\\0' '\\377'; exit 1"])],
    /^A: exited with code 1.*bytes left out/su,
  ],
  [
    'a line of a program, on four agents',
    ['A', 'B', 'C', 'D'].map((name) => agent(name, ['sh', '-c', MINIFIED])),
    /exited with code 1: Error: not logged in/su,
  ],
])(
  'an agent that ends with %s is rolled back with a few KB of it, and the fleet goes',
  async (_what, agents, error) => {
    const ended = await apply(agents, async (fleets) => {
      expect(Buffer.byteLength(JSON.stringify(await fleets.describe('shop')))).toBeLessThan(50_000);
      await fleets.destroy('shop', {});
      await until(async () => (await provider.list()).length === 0 || undefined, 20_000);
    });
    expect(ended.error).toMatch(error);
    expect(Buffer.byteLength(ended.error ?? '')).toBeLessThanOrEqual(4 * 1024);
    expect(ended).toMatchObject({ state: 'rolled_back', compensation: { state: 'compensated' } });
    expect(Buffer.byteLength(JSON.stringify(ended))).toBeLessThan(100_000);
  },
);
