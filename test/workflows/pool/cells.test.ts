/** Pools that are terminated, cancelled or reset from outside (docs/operations.md): made again, and no agent is left without one. */
import { randomUUID } from 'node:crypto';
import { createSubscriptionActivities } from '../../../src/activities/subscriptions';
import { DroverClient } from '../../../src/client';
import { Calls } from '../../../src/client/temporal/calls';
import type { CredentialCall } from '../../../src/contract/activities';
import type { FleetSpec } from '../../../src/contract/fleet';
import { devServer } from '../../support/env';
import { resetWorkflow } from '../../support/reset';
import { eventually } from '../agent/harness';
import { type FleetWorld, memory, withFleet } from '../fleet/harness';
import { credentials } from '../agent/subscription-harness';

const env = devServer();
// A workflow that is ended or reset in the middle of a task has that task failed by the server.
beforeEach(() => env.allowFailedTasks());

interface Around {
  readonly pool: string;
  readonly spec: FleetSpec;
  readonly client: DroverClient;
}

/** A fleet of one agent on the first of two credentials, which takes a new one at once. */
function withPool(test: (world: FleetWorld, around: Around) => Promise<void>) {
  const calls = new Calls(env.client);
  const subscriptions = createSubscriptionActivities({ calls, agentSecret: 'secret', environment: {} });
  const reloadCredential = async (_call: CredentialCall) => ({ reloaded: true, why: null });
  return withFleet(
    env,
    async (world) => {
      const pool = `p-${randomUUID().slice(0, 8)}`;
      const spec = {
        agents: [memory('A', { subscription: { pool } })],
        subscriptions: [{ pool, credentials: credentials(['a', 'b']) }],
      };
      expect((await world.apply(spec)).state).toBe('done');
      expect((await world.agent('A')).subscription?.name).toBe('a');
      await test(world, { pool, spec, client: DroverClient.over(env.client, world.taskQueue) });
    },
    { moreActivities: { ...subscriptions, reloadCredential } },
  );
}

const handleOf = (pool: string) => env.client.workflow.getHandle(`pool/${pool}`);
const fails = (client: DroverClient, fleet: string, subscription: string) =>
  client.agents.reportFailure({ fleet, agent: 'A' }, { subscription, kind: 'rate_limit' });
const switchedTo = (world: FleetWorld, credential: string) =>
  eventually(
    () => world.agent('A'),
    ({ subscription }) => subscription?.name === credential,
  );

it('pool cancelled: it goes on, with its cool-downs', () =>
  withPool(async (world, { pool, client }) => {
    await fails(client, world.fleet, 'a');
    await switchedTo(world, 'b');
    await handleOf(pool).cancel();
    const isAsked = async () =>
      (await handleOf(pool).fetchHistory()).events?.some(
        (event) => event.workflowExecutionCancelRequestedEventAttributes,
      );
    await eventually(isAsked, (asked) => asked === true);
    const view = await client.pools.describe(pool);
    expect(view.credentials).toMatchObject([
      { name: 'a', agents: [], failuresInWindow: 1 },
      { name: 'b', agents: [`${world.fleet}/A`] },
    ]);
    expect((await client.pools.reset(pool)).credentials[0]).toMatchObject({ failuresInWindow: 0 });
    expect((await handleOf(pool).describe()).status.name).toBe('RUNNING');
  }));

it('pool terminated: describe and plan say so; it is started again by an agent that needs it, and by apply', () =>
  withPool(async (world, { pool, spec, client }) => {
    await handleOf(pool).terminate('by mistake');
    for (const call of [client.pools.describe(pool), client.pools.reset(pool)]) {
      await expect(call).rejects.toMatchObject({
        code: 'PoolNotFound',
        message: expect.stringMatching(/was terminated at .*"by mistake".*drover apply/) as string,
      });
    }
    const why = expect.stringContaining('its workflow was terminated') as string;
    expect(await client.fleets.plan(world.fleet, spec)).toMatchObject({ changes: [], pools: [{ pool, why }] });

    await fails(client, world.fleet, 'a');
    await switchedTo(world, 'b');
    expect((await client.pools.describe(pool)).credentials).toMatchObject([
      { name: 'a', failuresInWindow: 1 },
      { name: 'b', agents: [`${world.fleet}/A`] },
    ]);

    await handleOf(pool).terminate('again');
    expect(await client.fleets.apply(world.fleet, { spec })).toMatchObject({
      changes: [],
      changeId: null,
      pools: [{ pool, why }],
    });
    await eventually(
      () => client.pools.describe(pool).catch(() => null),
      (view) => view?.credentials.length === 2,
    );
    expect((await client.fleets.plan(world.fleet, spec)).pools).toBeUndefined();
  }));

it('pool terminated: a failure that begins no switch is remembered by the pool that is started again', () =>
  withPool(async (world, { pool, spec, client }) => {
    await world.apply({ ...spec, agents: [memory('A', { subscription: { pool, autoSwitch: false } })] });
    await handleOf(pool).terminate('by mistake');
    await fails(client, world.fleet, 'a');
    await eventually(
      () => client.pools.describe(pool).catch(() => null),
      (view) => view?.credentials[0]?.failuresInWindow === 1,
    );
  }));

it('pool reset: it receives its failures again, and no agent is moved', () =>
  withPool(async (world, { pool, client }) => {
    await fails(client, world.fleet, 'a');
    const { subscription } = await switchedTo(world, 'b');
    await resetWorkflow(env, `pool/${pool}`);
    await eventually(
      () => client.pools.describe(pool),
      ({ credentials: [a, b] }) => a?.failuresInWindow === 1 && b?.agents.length === 1,
    );
    expect((await world.agent('A')).subscription).toEqual(subscription);
    // It serves again: the failed one is not given out, and the other one has failed too.
    await fails(client, world.fleet, 'b');
    await eventually(
      () => world.agent('A'),
      ({ holds }) => holds.some(({ name }) => name === 'subscription'),
    );
  }));
