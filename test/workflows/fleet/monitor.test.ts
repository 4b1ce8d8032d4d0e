/** Health checks over real sockets, with short settings: the fleet's monitor, the agent's workflow, and a program that is asked. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMonitorActivities } from '../../../src/activities/monitor';
import { Calls } from '../../../src/client/temporal/calls';
import { devServer } from '../../support/env';
import type { ProviderHook } from '../../support/memory-provider';
import { eventually } from '../agent/harness';
import { type FleetWorld, memory, withFleet } from './harness';

const env = devServer();

const LIVENESS = {
  staleAfter: '3s',
  startupGrace: '10m',
  healthCheck: { every: '100ms', timeout: '500ms', failures: 3, debounce: '300ms' },
};

/** An agent's endpoint that is healthy or not, and counts who asked. */
async function withEndpoint(
  use: (endpoint: { readonly url: string; isHealthy: boolean; asked: number }) => Promise<void>,
): Promise<void> {
  const endpoint = { url: '', isHealthy: true, asked: 0 };
  const server: Server = createServer(({ url }, response) => {
    endpoint.asked += url === '/healthz' ? 1 : 0;
    response.writeHead(url === '/healthz' && endpoint.isHealthy ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  try {
    await use(endpoint);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A fleet whose one agent says `starting` once, with its endpoint, and never beats again. */
async function withChecked(
  test: (world: FleetWorld, endpoint: { isHealthy: boolean; asked: number }) => Promise<void>,
): Promise<void> {
  await withEndpoint(async (endpoint) => {
    const beats: { send?: ProviderHook } = {};
    await withFleet(
      env,
      async (world) => {
        beats.send = async ({ call, key }) => {
          if (call !== 'wakeResource') return;
          const instanceId = world.provider.resources.get(key)?.instanceId;
          const handle = env.client.workflow.getHandle(`agent/${world.fleet}/a`);
          await handle.signal('heartbeat', { instanceId, status: 'starting', endpoint: endpoint.url });
        };
        await test(world, endpoint);
      },
      {
        silent: ['a'],
        after: (call, count) => beats.send?.(call, count) ?? Promise.resolve(),
        moreActivities: createMonitorActivities({ calls: new Calls(env.client), agentSecret: 'test' }),
      },
    );
  });
}

const liveness = (world: FleetWorld, wanted: string) =>
  eventually(
    () => world.agent('a'),
    (view) => view.liveness === wanted,
  );

it('a passed check makes a starting agent ready, keeps it ready without beats, and failed ones make it offline until they pass again', async () => {
  await withChecked(async (world, endpoint) => {
    await world.apply({ agents: [memory('a')], liveness: LIVENESS });
    const { lastProofAt } = await liveness(world, 'ready');
    // Renewals are proofs: long after its only beat is stale it is ready still.
    const proved = (await eventually(
      () => world.agent('a'),
      (view) => Date.parse(view.lastProofAt ?? '') - Date.parse(lastProofAt ?? '') > 3_500,
    )) as { liveness: string };
    expect(proved.liveness).toBe('ready');
    endpoint.isHealthy = false;
    const { decisions } = await liveness(world, 'offline');
    expect(decisions?.at(-1)).toMatchObject({ by: 'monitor', what: 'check failed' });
    endpoint.isHealthy = true;
    await liveness(world, 'ready');
  });
});

it('an agent whose checks are switched off is no longer asked', async () => {
  await withChecked(async (world, endpoint) => {
    await world.apply({ agents: [memory('a')], liveness: LIVENESS });
    await eventually(
      async () => endpoint.asked,
      (asked) => asked > 0,
    );
    await world.apply({ agents: [memory('a')], liveness: { staleAfter: '10m', startupGrace: '10m' } });
    // The one that was under way ends with its next heartbeat.
    await eventually(
      async () => {
        const { raw } = await world.handle.describe();
        return raw.pendingActivities?.length ?? 0;
      },
      (pending) => pending === 0,
    );
  });
});
