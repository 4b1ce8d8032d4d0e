/** A gateway that follows the feed of a real server: `desired` changes without a look at idle agents. */
import { DroverClient } from '../../../src/client';
import type { BeatAnswer } from '../../../src/contract/protocol';
import { devServer } from '../../support/env';
import { eventually, withAgents } from '../../workflows/agent/harness';
import { gatewayOver, OPERATOR } from '../listening';

const env = devServer();

it('a pause that another process commands is in the answer to a next beat, long before a third of staleAfter', () =>
  withAgents(env, async (world) => {
    const agent = await world.start('a', { liveness: { staleAfter: '720h' } });
    const { instanceId } = await agent.ready();
    const client = DroverClient.over(env.client, world.taskQueue);
    let looks = 0;
    const beatTarget = {
      heartbeat: client.agents.heartbeat.bind(client.agents),
      describe: (ref: { fleet: string; agent: string }) => {
        looks += 1;
        return client.agents.describe(ref);
      },
    };
    const app = await gatewayOver(client, { leases: true, beatTarget });
    await app.ready();
    const beat = async (): Promise<BeatAnswer['desired']> => {
      const answer = await app.inject({
        method: 'POST',
        url: `/v1/agents/${agent.fleet}/a/heartbeat`,
        headers: { authorization: `Bearer ${OPERATOR}` },
        payload: { instanceId, status: 'ready', endpoint: 'http://127.0.0.1:1/' },
      });
      return answer.json<BeatAnswer>().desired;
    };
    try {
      expect(await beat()).toBe('run');
      await eventually(
        async () => {
          await beat();
          return agent.view();
        },
        ({ heldBy }) => heldBy !== undefined,
      );
      const before = looks;
      await agent.send('pause');
      expect(await eventually(beat, (desired) => desired === 'pause')).toBe('pause');
      // Each look follows an entry of the agent, and not a beat.
      expect(looks - before).toBeLessThanOrEqual(4);
    } finally {
      await app.close();
    }
  }));
