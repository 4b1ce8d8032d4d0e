/** Agents, pools and fleets that cannot answer: callers receive an error at once, lists show it, and other entities are not affected. */
import { DroverClient } from '../../../src/client';
import { findGarbage } from '../../../src/gc';
import { agentWorkflowId, fleetWorkflowId } from '../../../src/contract/names';
import { agentTable } from '../../../src/cli/text/up/up';
import { devServer } from '../../support/env';
import { PATIENCE_MS } from '../../support/patience';
import { shared, workflowBundle } from '../../support/shared';
import { wedge, wedgingBundle } from '../../support/wedge';
import { fleetOf, withFleet } from '../../workflows/fleet/harness';
import { holding } from '../../support/holding';

const env = devServer();
const bundle = () => wedgingBundle(workflowBundle(), shared().folder, 'throws');
const HOUR_MS = 3_600_000;

it('one agent and one fleet that cannot answer keep no other one from working', async () => {
  await withFleet(
    env,
    async (world) => {
      env.allowFailedTasks();
      env.skipReplay('some of its workflows are made to fail');
      const client = DroverClient.over(env.client, world.taskQueue);
      const { fleet } = world;
      const other = `${fleet}-other`;
      await world.apply(fleetOf(['a', 'b']));
      const made = await client.fleets.apply(other, { spec: fleetOf(['x']) });
      await client.fleets.follow(other, { ...made, changeId: made.changeId ?? '' });
      await Promise.all([wedge(env.client, agentWorkflowId(fleet, 'a')), wedge(env.client, fleetWorkflowId(other))]);

      const ref = { fleet, agent: 'a' };
      const said = {
        code: 'Unavailable',
        details: { unanswered: { why: expect.stringContaining('wedged on purpose') as string } },
      };
      await expect(client.agents.describe(ref)).rejects.toMatchObject(said);
      await expect(client.agents.command(ref, 'pause', {})).rejects.toMatchObject(said);
      await expect(client.fleets.describe(other)).rejects.toMatchObject(said);
      await expect(client.fleets.plan(other, fleetOf(['x']))).rejects.toMatchObject(said);
      await expect(client.agents.describe(ref)).rejects.toThrow(
        new RegExp(`^agent ${fleet}/a does not answer since 20.*temporal workflow terminate -w agent/${fleet}/a`, 's'),
      );

      const { items } = await client.agents.list({ fleet });
      expect(items.map(({ name, status, liveness }) => [name, status, liveness]).sort()).toEqual([
        ['a', 'unknown', 'unknown'],
        ['b', 'running', 'ready'],
      ]);
      const problem = expect.stringMatching(/^its workflow task keeps failing \(\w+\)$/) as string;
      expect(items.find(({ name }) => name === 'a')).toMatchObject({ problem });
      const fleets = await client.fleets.list();
      expect(fleets.items.find((item) => item.fleet === other)).toMatchObject({ problem });
      expect(fleets.items.find((item) => item.fleet === fleet)).toMatchObject({ problem: null });
      expect((await client.agents.list({ fleet, status: 'running' })).items.map(({ name }) => name)).toEqual(['b']);
      expect((await client.agents.list({ fleet, status: 'unknown' })).items.map(({ name }) => name)).toEqual(['a']);

      const file = {
        apiVersion: 'drover/v1',
        kind: 'Fleet',
        metadata: { name: fleet },
        spec: fleetOf(['a', 'b']),
      } as const;
      const text = await agentTable(client, file, PATIENCE_MS);
      expect(text).toMatch(new RegExp(`^${fleet}/a +unknown +does not answer`, 'm'));
      expect(text).toMatch(new RegExp(`^${fleet}/b +running`, 'm'));

      const held = (of: string, agent: string, resourceId: string) => ({
        fleet: of,
        agent,
        resourceId,
        key: `key-of-${resourceId}`,
        createdAt: new Date(Date.now() - HOUR_MS).toISOString(),
      });
      const resources = [held(fleet, 'a', 'older'), held(other, 'x', 'whose'), held('never-was', 'x', 'orphan')];
      const found = await findGarbage(client, { memory: holding(resources) }, Date.now());
      expect(found.items.map(({ resourceId }) => resourceId)).toEqual(['orphan']);
      expect(found.unjudged.map(({ resourceId }) => resourceId)).toEqual(['older', 'whose']);
    },
    { bundle: bundle() },
  );
});
