/** Agents that are terminated, cancelled or reset from outside (docs/operations.md): nothing of one lives on unowned. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleetActivities } from '../../../src/activities/fleet/fleet';
import { createPreflightActivities } from '../../../src/activities/fleet/preflight';
import { createProviderActivities } from '../../../src/activities/resources';
import { DroverClient } from '../../../src/client';
import { Calls } from '../../../src/client/temporal/calls';
import type { AgentSpec, AgentView } from '../../../src/contract/agent';
import { collect, findGarbage } from '../../../src/gc';
import { ProcessProvider } from '../../../src/providers/process';
import { INSTALLATION } from '../../support/installation';
import { devServer } from '../../support/env';
import { resetWorkflow } from '../../support/reset';
import { withWorker } from '../../support/worker';
import { eventually } from './harness';
import { fleetOf, withFleet } from '../fleet/harness';

const env = devServer();
const HOUR_MS = 3_600_000;

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-cells-'));
  // A workflow that is ended or reset in the middle of a task has that task failed by the server.
  env.allowFailedTasks();
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** One real process that does not beat: the test beats for it. */
const agentSpec: AgentSpec = {
  name: 'A',
  provider: 'process',
  process: { command: ['sh', '-c', 'while :; do sleep 0.2; done'], cwd: '/' },
};
const spec = { agents: [agentSpec] };

interface Host {
  readonly client: DroverClient;
  readonly provider: ProcessProvider;
  readonly fleet: string;
  readonly view: () => Promise<AgentView>;
  readonly apply: () => Promise<void>;
  /** Beats as the process does: with the instance that it was started with. */
  readonly beat: (instanceId: string | null) => Promise<void>;
}

let fleets = 0;

/** A fleet of one real process, applied and ready. */
async function onHost(test: (host: Host) => Promise<void>): Promise<void> {
  const environment = { PATH: process.env['PATH'] };
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };
  const provider = new ProcessProvider({ stateDir, installation: INSTALLATION, environment, ...access });
  const activities = {
    ...createProviderActivities({ process: provider }),
    ...createPreflightActivities({ providers: { process: provider }, environment }),
    ...createFleetActivities({ calls: new Calls(env.client), installation: INSTALLATION, host: 'here' }),
  };
  await withWorker({ env, activities, hosts: ['here'] }, async (taskQueue) => {
    const client = DroverClient.over(env.client, taskQueue);
    fleets += 1;
    const fleet = `cells-${String(process.pid)}-${String(fleets)}`;
    const view = () => client.agents.describe({ fleet, agent: 'A' });
    const beat = (instanceId: string | null) =>
      client.agents.heartbeat({ fleet, agent: 'A' }, { instanceId: instanceId ?? '', status: 'ready' });
    const apply = async (): Promise<void> => {
      const { changeId, revision } = await client.fleets.apply(fleet, { spec });
      const change = client.fleets.follow(fleet, { changeId: changeId ?? '', revision }, { timeoutMs: 40_000 });
      const woken = () => view().catch(() => null);
      const running = await eventually(woken, (seen) => seen?.runtime === 'running' && seen.revision === revision);
      await beat(running?.instanceId ?? '');
      expect(await change).toMatchObject({ state: 'done' });
    };
    await apply();
    try {
      await test({ client, provider, fleet, view, apply, beat });
    } finally {
      for (const { key } of await provider.list()) {
        await provider.destroy({ fleet, agent: 'A', provider: 'process', spec: agentSpec, resourceId: key, key });
      }
    }
  });
}

/** Whether the process runs. A zombie does not. */
async function alive(pid: number | undefined): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return /\) [^ZX] /.test(stat);
}

it('agent terminated: describe, plan, gc and every command say so, and apply makes it again with one process', () =>
  onHost(async ({ client, provider, fleet, view, apply }) => {
    const ref = { fleet, agent: 'A' };
    await client.agents.command(ref, 'pause', {}, { wait: true });
    const { pid } = await view();
    await env.client.workflow.getHandle(`agent/${fleet}/A`).terminate('by mistake');

    expect(await alive(pid)).toBe(true);
    const seen = await view();
    expect(seen.status).toBe('terminated');
    expect(seen.why).toMatch(/was terminated at .* UTC by .*"by mistake".*drover apply/);
    for (const command of ['start', 'terminate'] as const) {
      await expect(client.agents.command(ref, command, {})).rejects.toMatchObject({
        code: 'AgentStatusError',
        message: expect.stringContaining(`drover apply of fleet ${fleet}`) as string,
      });
    }
    const planned = await client.fleets.plan(fleet, spec);
    expect(planned.changes).toEqual([
      { kind: 'create', agent: 'A', fields: [], why: expect.stringContaining('was terminated') as string },
    ]);
    await eventually(
      () => client.fleets.describe(fleet),
      ({ lost }) => lost.agents['A']?.how === 'terminated' && lost.agents['A'].reason === 'by mistake',
    );
    const { items } = await findGarbage(client, { process: provider }, Date.now() + HOUR_MS);
    const garbage = items.filter((item) => item.fleet === fleet);
    expect(garbage.map(({ agent, why }) => `${agent}: ${why}`)).toEqual([
      expect.stringContaining('A: its workflow was terminated'),
    ]);

    await apply();
    const again = await view();
    expect(again).toMatchObject({ status: 'running', liveness: 'ready', revision: 2 });
    expect(again.pid).not.toBe(pid);
    expect([await alive(pid), await alive(again.pid)]).toEqual([false, true]);
    expect(await provider.list()).toHaveLength(1);
    expect(await client.fleets.plan(fleet, spec)).toMatchObject({ changes: [], settings: [] });
  }));

it('agent terminated: gc removes what it left, and apply makes it again after that too', () =>
  withFleet(env, async (world) => {
    const client = DroverClient.over(env.client, world.taskQueue);
    await world.apply(fleetOf(['A', 'B']));
    await env.client.workflow.getHandle(`agent/${world.fleet}/A`).terminate('by mistake');
    const left = world.provider.of('A');
    const held = { fleet: world.fleet, agent: 'A', key: left?.key ?? '', resourceId: left?.resourceId ?? '' };
    await collect(client, { ...held, provider: 'memory', createdAt: '', why: '' }, {});
    const change = await world.apply(fleetOf(['A', 'B']));
    expect(change).toMatchObject({ state: 'done', agents: [{ agent: 'A', kind: 'create' }] });
    expect(world.held()).toEqual(['A', 'B']);
  }));

it('agent reset: to its first task it has one process again, whose beats count', () =>
  onHost(async ({ provider, fleet, view, beat }) => {
    const before = await view();
    await resetWorkflow(env, `agent/${fleet}/A`);
    const isAnother = (seen: AgentView): boolean => seen.runtime === 'running' && seen.instanceId !== before.instanceId;
    const woken = await eventually(view, isAnother);
    await beat(woken.instanceId);
    const after = await eventually(view, ({ liveness }) => liveness === 'ready');
    expect(after).toMatchObject({ status: 'running', revision: before.revision, resourceId: before.resourceId });
    expect([await alive(before.pid), await alive(after.pid)]).toEqual([false, true]);
    expect(await provider.list()).toHaveLength(1);
  }));
