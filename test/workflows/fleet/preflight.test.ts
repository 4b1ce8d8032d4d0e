/** A change whose new agents lack something touches nothing: over real processes, and with a host that is silent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPreflightActivities } from '../../../src/activities/fleet/preflight';
import { createProviderActivities } from '../../../src/activities/resources';
import { createSubscriptionActivities } from '../../../src/activities/subscriptions';
import { Calls } from '../../../src/client/temporal/calls';
import { Pools } from '../../../src/client/pools';
import type { AgentSpec } from '../../../src/contract/agent';
import type { FleetSpec } from '../../../src/contract/fleet';
import { agentWorkflowId } from '../../../src/contract/names';
import { ProcessProvider } from '../../../src/providers/process';
import { INSTALLATION } from '../../support/installation';
import { devServer, timeSkipping } from '../../support/env';
import { eventually } from '../agent/harness';
import { withFleet } from './harness';

const env = devServer();
const skipping = timeSkipping();

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-preflight-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** It ends after a while, so that none is left by a test that fails. */
const program = (name: string, more: Partial<AgentSpec['process']> = {}): AgentSpec => ({
  name,
  provider: 'process',
  process: { command: ['sleep', '300'], cwd: stateDir, ...more },
});

test('a missing secret, program, folder or credential: all are named, no pool is told, and the predecessor runs on', async () => {
  const environment = { PATH: process.env['PATH'] };
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };
  const provider = new ProcessProvider({ stateDir, installation: INSTALLATION, environment, ...access });
  const providers = { process: provider };
  const calls = new Calls(env.client);
  const activities = {
    ...createProviderActivities(providers),
    ...createPreflightActivities({ providers, environment }),
    ...createSubscriptionActivities({ calls, agentSecret: 'secret', environment }),
  };
  const pool = `pool-${String(process.pid)}`;
  await withFleet(
    env,
    async (world) => {
      const healthy: FleetSpec = { agents: [program('A')] };
      const first = world.fleets.apply(world.fleet, { spec: healthy });
      const { changeId, revision } = await first;
      await world.changeUntil(({ steps }) => steps.woken === 1);
      const { instanceId } = await eventually(
        () => world.agent('A'),
        (view) => view.instanceId !== null,
      );
      const agent = env.client.workflow.getHandle(agentWorkflowId(world.fleet, 'A'));
      await agent.signal('heartbeat', { instanceId, status: 'ready' });
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'done' });
      const before = await world.agent('A');

      const change = await world.apply({
        agents: [
          { ...program('A', { env: { API_KEY: 'env:UNSET' }, cwd: '/no/such/folder' }), subscription: { pool } },
          program('B', { command: ['no-such-program'] }),
          program('C'),
        ],
        subscriptions: [{ pool, credentials: [{ name: 'main', secret: 'file:/no/such/key' }] }],
      });
      expect(change).toMatchObject({ state: 'failed', compensation: null, steps: { created: 0, woken: 0 } });
      for (const missing of [
        'nothing was changed; ',
        'A: process.env.API_KEY: secret env:UNSET',
        'process.cwd: its working directory /no/such/folder',
        'credential main of pool',
        'file:/no/such/key',
        'B: process.command: command "no-such-program"',
      ])
        expect(change.error).toContain(missing);
      expect(change.error).not.toContain('C:');
      const after = await world.agent('A');
      expect([after.status, after.pid]).toEqual([before.status, before.pid]);
      expect(await provider.list()).toMatchObject([{ agent: 'A' }]);
      await expect(new Pools(calls).describe(pool)).rejects.toMatchObject({ code: 'PoolNotFound' });
      expect((await world.view()).spec).toEqual(healthy);

      // The next apply begins at once; a scale up is checked as well.
      const scaled = { agents: [{ ...program('W', { env: { K: 'env:UNSET' } }), replicas: 2 }, ...healthy.agents] };
      const refused = await world.apply(scaled);
      expect(refused.error).toMatch(/W-1: process\.env\.K: .*W-2: process\.env\.K: /);
      await world.destroy();
    },
    { moreActivities: activities, hosts: ['here'] },
  );
});

test('a cancellation ends the wait for a silent host', async () => {
  await withFleet(skipping, async (world) => {
    const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: { agents: [program('A')] } });
    await world.fleets.cancel(world.fleet, { reason: 'a typo' });
    expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'failed', error: 'cancelled: a typo' });
  });
});
