/** The pools of a fleet file: there before the agents, changed with the file, left with the fleet. */
import { PATIENCE_MS } from '../../support/patience';
import { randomUUID } from 'node:crypto';
import { createSubscriptionActivities } from '../../../src/activities/subscriptions';
import { Calls } from '../../../src/client/temporal/calls';
import type { CredentialCall } from '../../../src/contract/activities';
import type { SubscriptionSpec } from '../../../src/contract/fleet';
import { describePool } from '../../../src/contract/pool/messages';
import { fleetWorkflowId, poolWorkflowId } from '../../../src/contract/names';
import { devServer } from '../../support/env';
import { eventually } from '../agent/harness';
import { type FleetWorld, memory, withFleet } from './harness';
import { credentials } from '../agent/subscription-harness';

const env = devServer();

const poolName = (): string => `p-${randomUUID().slice(0, 8)}`;
const specOf = (subscription: SubscriptionSpec, names = ['A', 'B']) => ({
  agents: names.map((name) => memory(name, { subscription: { pool: subscription.pool } })),
  subscriptions: [subscription],
});
const handleOf = (pool: string) => env.client.workflow.getHandle(poolWorkflowId(pool));
const status = async (pool: string) => (await handleOf(pool).describe()).status.name;

/** `credential: agents` of a pool. */
async function assigned(pool: string): Promise<Record<string, string[]>> {
  const view = await handleOf(pool).query(describePool);
  return Object.fromEntries(
    view.credentials.map(({ name, agents }) => [name, agents.map((agent) => agent.split('/')[1] ?? '')]),
  );
}

/** A world whose agents take a new credential at once. */
function withPools(test: (world: FleetWorld, reloads: CredentialCall[]) => Promise<void>, silent: string[] = []) {
  const reloads: CredentialCall[] = [];
  const calls = new Calls(env.client);
  const subscriptions = createSubscriptionActivities({ calls, agentSecret: 'secret', environment: {} });
  const reloadCredential = async (call: CredentialCall) => {
    reloads.push(call);
    return { reloaded: true, why: null };
  };
  return withFleet(env, (world) => test(world, reloads), {
    moreActivities: { ...subscriptions, reloadCredential },
    silent,
  });
}

test('is there before its agents, is changed with the file, and ends with its last fleet', () =>
  withPools(async (world, reloads) => {
    const pool = poolName();
    expect((await world.apply(specOf({ pool, credentials: credentials(['a', 'b']) }))).state).toBe('done');
    const wakes = world.provider.calls.filter(({ call }) => call === 'wakeResource');
    expect(wakes.map(({ subscription }) => subscription?.name).sort()).toEqual(['a', 'b']);

    // Only settings differ: no agent is touched by the change, the pool moves the one whose credential is gone.
    const second = await world.apply(specOf({ pool, credentials: credentials(['b', 'c']) }));
    expect(second.agents).toEqual([]);
    const moved = await eventually(
      () => assigned(pool),
      ({ c }) => c?.length === 1,
    );
    expect(moved['b']).toHaveLength(1);
    // The provider receives the credential before the agent can record that it runs on it.
    const movedAgent = moved['c']?.[0] ?? '';
    await eventually(
      async () => (await world.agent(movedAgent)).subscription?.name,
      (name) => name === 'c',
    );
    expect(reloads).toHaveLength(1);

    // How a credential is applied is the agents' own affair: they are configured while they run.
    const third = await world.apply(specOf({ pool, credentials: credentials(['b', 'c']), apply: 'restart' }));
    expect(third.agents.map(({ kind }) => kind)).toEqual(['update', 'update']);
    expect(await status(pool)).toBe('RUNNING');
    await world.destroy();
    await eventually(
      () => status(pool),
      (is) => is === 'COMPLETED',
    );
  }));

test('a first change that fails leaves no pool; a later one leaves the pool as it was', () =>
  withPools(
    async (world) => {
      const pool = poolName();
      const spec = specOf({ pool, credentials: credentials(['a']) }, ['A', 'Silent']);
      const [fine, silent] = spec.agents;
      if (!fine || !silent) throw new Error('two agents');
      const failing = { ...spec, agents: [fine, { ...silent, liveness: { readyTimeout: '1s' } }] };
      expect((await world.apply(failing)).state).toBe('rolled_back');
      await eventually(
        () => status(pool),
        (is) => is === 'COMPLETED',
      );

      expect((await world.apply({ ...spec, agents: [fine] })).state).toBe('done');
      const more = { ...failing, subscriptions: [{ pool, credentials: credentials(['z']) }] };
      expect((await world.apply(more)).state).toBe('rolled_back');
      await eventually(
        () => assigned(pool),
        (now) => now['a']?.join() === 'A' && now['z'] === undefined,
      );
      await world.destroy();
      await eventually(
        () => status(pool),
        (is) => is === 'COMPLETED',
      );
    },
    ['Silent'],
  ));

test('two fleets share a pool; it outlives the first one that is destroyed', () =>
  withPools(async (world) => {
    const pool = poolName();
    const spec = specOf({ pool, credentials: credentials(['a']) }, ['A']);
    await world.apply(spec);
    const other = `${world.fleet}-2`;
    const applied = await world.fleets.apply(other, { spec });
    await world.fleets.follow(other, { changeId: applied.changeId ?? '', revision: 1 }, { timeoutMs: PATIENCE_MS });
    expect((await assigned(pool))['a']).toEqual(['A', 'A']);
    await world.destroy();
    await eventually(
      () => assigned(pool),
      ({ a }) => a?.length === 1,
    );
    expect(await status(pool)).toBe('RUNNING');
    await world.fleets.destroy(other);
    await eventually(
      () => status(pool),
      (is) => is === 'COMPLETED',
    );
    await eventually(
      async () => (await env.client.workflow.getHandle(fleetWorkflowId(other)).describe()).status.name,
      (is) => is === 'COMPLETED',
    );
  }));
