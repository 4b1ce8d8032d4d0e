/**
 * A worker whose every activity fails as a server in trouble does, more often than any retry policy hides, and then works: a fleet with
 * its pool and agents, a pause, a run with its turns, questions and webhooks, and the end of it all go on by themselves. That no
 * workflow task has failed is checked by the environment, for every workflow of the test.
 */
import { randomUUID } from 'node:crypto';
import { ServiceError } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { createFleetActivities } from '../../src/activities/fleet/fleet';
import { createNotificationActivities } from '../../src/activities/notifications';
import { createSignalActivities } from '../../src/activities/signals';
import { createSubscriptionActivities } from '../../src/activities/subscriptions';
import { Agents } from '../../src/client/agents/agents';
import { Calls } from '../../src/client/temporal/calls';
import { Fleets } from '../../src/client/fleets/fleets';
import type { TurnCall } from '../../src/contract/activities';
import type { FleetSpec } from '../../src/contract/fleet';
import { agentWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { MemoryProvider } from '../support/memory-provider';
import { withWorker } from '../support/worker';
import { eventually } from '../workflows/agent/harness';
import { startRun } from '../workflows/run/harness';

const env = devServer();

/** INTERNAL, UNKNOWN, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED. */
const CODES = [
  [13, 'INTERNAL'],
  [2, 'UNKNOWN'],
  [8, 'RESOURCE_EXHAUSTED'],
  [4, 'DEADLINE_EXCEEDED'],
] as const;

/** One more than the most attempts of any policy but those of undos, so that every workflow has seen every failure. */
const FAILURES = 6;

function grpcError(count: number): ServiceError {
  const [code, name] = CODES[count % CODES.length] ?? CODES[0];
  const text = `${String(code)} ${name}: injected`;
  return new ServiceError('the server failed', {
    cause: Object.assign(new Error(text), { code, details: 'injected', metadata: {} }),
  });
}

/** The activities, each of which fails so many times for each workflow that asks it, while `outage` lasts. */
function failing(activities: object, failed: Map<string, number>): Record<string, unknown> {
  const wrapped = Object.entries(activities).map(([name, activity]: [string, (argument: unknown) => unknown]) => [
    name,
    async (argument: unknown) => {
      const key = `${name} of ${Context.current().info.workflowExecution?.workflowId ?? ''}`;
      const count = failed.get(key) ?? 0;
      if (count < FAILURES) {
        failed.set(key, count + 1);
        throw grpcError(count);
      }
      return activity(argument);
    },
  ]);
  return Object.fromEntries(wrapped) as Record<string, unknown>;
}

const FLEET = `f-${randomUUID().slice(0, 8)}`;
const POOL = `p-${randomUUID().slice(0, 8)}`;
const SPEC: FleetSpec = {
  agents: ['A', 'B'].map((name) => ({ name, provider: 'memory', subscription: { pool: POOL } })),
  subscriptions: [{ pool: POOL, credentials: ['a', 'b', 'c'].map((name) => ({ name, secret: `env:SECRET_${name}` })) }],
  notify: [{ url: 'http://127.0.0.1:1/hook' }],
};

/** A hands over to B, and answers with what it hears. */
async function takeTurn({ agent, request: { input } }: TurnCall) {
  if (agent === 'B' || input.kind === 'results') return { reply: { action: 'final', response: agent } };
  return {
    reply: {
      action: 'invoke',
      invocations: [
        { agent: 'B', request: 1 },
        { agent: 'End', request: 2 },
      ],
    },
  };
}

test('everything goes on by itself after a server in trouble', async () => {
  const failed = new Map<string, number>();
  const posted: string[] = [];
  const provider = new MemoryProvider({
    after: async ({ call, agent, fleet, key }) => {
      if (call !== 'wakeResource') return;
      const instanceId = provider.resources.get(key)?.instanceId;
      const beat = { instanceId, status: 'ready', endpoint: 'http://127.0.0.1:1/' };
      await env.client.workflow.getHandle(agentWorkflowId(fleet, agent)).signal('heartbeat', beat);
    },
  });
  const calls = new Calls(env.client);
  const settings = { calls, agentSecret: 'test', environment: {} };
  const activities = failing(
    {
      ...provider.activities,
      ...createFleetActivities({ calls, installation: 'inst', host: 'here' }),
      ...createSubscriptionActivities(settings),
      ...createNotificationActivities(settings),
      ...createSignalActivities(calls),
      takeTurn,
      reloadCredential: async () => ({ reloaded: true, why: null }),
    },
    failed,
  );
  // A webhook has the patience of days (activities.ts), which its own tests show.
  const postWebhook = async ({ event }: { event: { type: string } }) => void posted.push(event.type);
  await withWorker({ env, activities: { ...activities, postWebhook } }, async (taskQueue) => {
    const fleets = new Fleets(calls, taskQueue);
    const agents = new Agents(calls);
    const ended = ({ changeId, revision }: { changeId: string | null; revision: number }) =>
      fleets.follow(FLEET, { changeId: changeId ?? '', revision }, { timeoutMs: 240_000 });
    const applied = await fleets.apply(FLEET, { spec: SPEC });
    const { troubles } = await eventually(
      () => fleets.describe(FLEET),
      (view) => view.troubles !== undefined,
    );
    expect(troubles).toMatchObject([{ what: 'place the change' }]);
    expect(await ended(applied)).toMatchObject({ state: 'done', error: null });

    const run = await startRun(env, taskQueue, {
      topology: { flows: ['Start -> A', 'A <-> B', 'A -> End'] },
      fleet: FLEET,
      run: 'r',
    });
    expect(await run.result()).toMatchObject({ success: true });

    const report = { subscription: 'a', kind: 'rate_limit' } as const;
    const first = await agents.describe({ fleet: FLEET, agent: 'A' });
    await agents.reportFailure(
      { fleet: FLEET, agent: 'A' },
      { ...report, subscription: first.subscription?.name ?? '' },
    );
    await eventually(
      () => agents.describe({ fleet: FLEET, agent: 'A' }),
      ({ subscription, troubles: left }) => subscription?.name !== first.subscription?.name && left === undefined,
    );
    await eventually(
      async () => posted,
      (types) => types.includes('subscription.switched'),
    );

    for (const [command, runtime] of [
      ['pause', 'paused'],
      ['resume', 'running'],
    ] as const) {
      await fleets[command](FLEET);
      await eventually(
        () => fleets.describe(FLEET),
        ({ untold, troubles: left }) => untold === undefined && left === undefined,
      );
      for (const agent of ['A', 'B']) expect(await agents.describe({ fleet: FLEET, agent })).toMatchObject({ runtime });
    }

    expect(await ended(await fleets.destroy(FLEET))).toMatchObject({ state: 'done' });
    expect(provider.resources.size).toBe(0);
  });
  const names = new Set([...failed.keys()].map((key) => key.split(' ')[0]));
  for (const name of ['configurePools', 'place', 'createResource', 'ensureAgent', 'wakeResource', 'takeTurn'])
    expect(names).toContain(name);
  for (const name of ['signalWorkflow', 'raiseEvent', 'reloadCredential', 'setHold', 'suspendResource', 'retireAgent'])
    expect(names).toContain(name);
  for (const [key, count] of failed) expect([key, count]).toEqual([key, FAILURES]);
}, 480_000);
