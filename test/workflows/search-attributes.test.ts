/** The client sets search attributes at the start; the workflow sets missing ones. */
import { randomUUID } from 'node:crypto';
import { createNotificationActivities } from '../../src/activities/notifications';
import { createSubscriptionActivities } from '../../src/activities/subscriptions';
import { Calls } from '../../src/client/temporal/calls';
import { startRun } from '../../src/client/runs/run-start';
import { fleetWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { collectHistories, type RecordedHistory } from '../../src/testing/server/histories';
import { fleetOf, memory, withFleet } from './fleet/harness';

const env = devServer();

type Attributes = Record<string, string>;

/** The names and values that a history begins with, and the names that the workflow has set itself. */
function attributesOf({ history }: RecordedHistory): { type: string; atStart: Attributes; later: string[] } {
  const events = history.events ?? [];
  const start = events[0]?.workflowExecutionStartedEventAttributes;
  const fields = start?.searchAttributes?.indexedFields ?? {};
  const later = events.flatMap((event) =>
    Object.keys(event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields ?? {}),
  );
  const atStart = Object.fromEntries(
    Object.entries(fields).map(([name, { data }]) => [name, String(JSON.parse(Buffer.from(data ?? []).toString()))]),
  );
  return { type: start?.workflowType?.name ?? '', atStart, later };
}

test('every type but leases has its own at the start, and spend no event on them', async () => {
  const calls = () => new Calls(env.client);
  const moreActivities = {
    ...createNotificationActivities({ calls: calls(), environment: {} }),
    ...createSubscriptionActivities({ calls: calls(), agentSecret: 'x'.repeat(32), environment: {} }),
    postWebhook: async () => undefined,
  };
  const pool = `p-${randomUUID().slice(0, 8)}`;
  await withFleet(
    env,
    async (world) => {
      const { fleet, taskQueue } = world;
      const notify = [{ url: 'http://127.0.0.1:1/' }];
      const subscriptions = [{ pool, credentials: [{ name: 'one', secret: 'env:ONE' }] }];
      await world.apply({ agents: [memory('A', { subscription: { pool } })], subscriptions, notify });
      // Two agents at the start: a branch of a fan-out has a workflow of its own.
      const topology = { flows: ['Start -> A', 'Start -> B', 'A -> End', 'B -> End'] };
      const final = [{ action: 'final', response: 1 }];
      await startRun(calls(), taskQueue, {
        v: 1,
        fleet,
        run: 'r',
        task: 't',
        topology,
        notify,
        script: { A: final, B: final },
      });
      await env.client.workflow.getHandle(`run/${fleet}/r`).result();
      await world.destroy();
      const found = (await collectHistories(env.client, await env.started.workflowIds(env.client, true))).map(
        attributesOf,
      );
      const of = (type: string) => found.filter((one) => one.type === type);
      for (const type of ['fleet', 'provision', 'run', 'branch', 'notify']) {
        expect(of(type).length).toBeGreaterThan(0);
        for (const { atStart, later } of of(type)) {
          expect(atStart['DroverFleet']).toBe(fleet);
          expect(later).not.toContain('DroverFleet');
        }
      }
      expect(of('pool').map(({ atStart, later }) => [atStart['DroverPool'], later])).toEqual([[pool, []]]);
      const [agent] = of('agent');
      expect(agent?.atStart).toEqual({
        DroverFleet: fleet,
        DroverAgent: 'A',
        DroverAgentStatus: 'pending',
        DroverLiveness: 'starting',
        DroverPool: pool,
      });
      expect(agent?.later.filter((name) => ['DroverFleet', 'DroverAgent', 'DroverPool'].includes(name))).toEqual([]);
    },
    { moreActivities },
  );
});

test('a fleet that was started without them sets them itself', async () => {
  await withFleet(env, async (world) => {
    await world.start({});
    await world.apply(fleetOf(['A']));
    const { searchAttributes } = await env.client.workflow.getHandle(fleetWorkflowId(world.fleet)).describe();
    expect(searchAttributes).toMatchObject({ DroverFleet: [world.fleet] });
    await world.destroy();
  });
});
