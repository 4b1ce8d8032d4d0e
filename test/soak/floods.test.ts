/** Floods: thousands of messages that wait together for one workflow, as after a time without a worker. Nothing is lost, no task fails. */
import { randomUUID } from 'node:crypto';
import { describePool, poolSignals } from '../../src/contract/pool/messages';
import { AGENT_WORKFLOW, agentWorkflowId, POOL_WORKFLOW, poolWorkflowId } from '../../src/contract/names';
import type { AgentView } from '../../src/contract/agent';
import type { PoolView } from '../../src/contract/pool';
import { devServer } from '../support/env';
import { manyTimes, taskFigures } from '../support/floods';
import { withWorker } from '../support/worker';

const env = devServer();
const LIMIT_MS = 300_000;

function say(what: string, since: number): void {
  console.log(`${what}: ${((Date.now() - since) / 1_000).toFixed(1)} s`);
}

it.each([2_300, 4_000])(
  '%d agents that ask one pool together are all served',
  async (count) => {
    env.skipReplay('thousands of workflows that stand for agents and never run');
    const name = `p-${randomUUID().slice(0, 8)}`;
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    const prefix = `test-${randomUUID()}`;
    const credentials = ['a', 'b'].map((credential) => ({ name: credential, secret: `env:${credential}` }));
    const pool = await env.client.workflow.start(POOL_WORKFLOW, {
      workflowId: poolWorkflowId(name),
      taskQueue: prefix,
      args: [{ v: 1, pool: name, credentials }],
    });
    // Receivers that take signals and answer nothing: the pool forgets an agent that is not there.
    const asked = Date.now();
    await manyTimes(count, async (index) => {
      const agent = `a${String(index)}`;
      const workflowId = agentWorkflowId(fleet, agent);
      await env.client.workflow.start(AGENT_WORKFLOW, { workflowId, taskQueue: `${prefix}-none`, args: [] });
      await pool.signal(poolSignals.allocationRequested, {
        requestId: `r-${agent}`,
        agent: `${fleet}/${agent}`,
        not: null,
      });
    });
    say(`${String(count)} agents have asked`, asked);
    const began = Date.now();
    await withWorker({ env, prefix }, async () => {
      const served = async (): Promise<number> => {
        const { credentials: all } = await pool.query<PoolView>(describePool.name);
        return all.reduce((sum, { agents }) => sum + agents.length, 0);
      };
      while ((await served()) < count) await new Promise((resolve) => setTimeout(resolve, 200));
      say(`${String(count)} have a credential`, began);
      const { failed, timedOut, mostSent } = await taskFigures(pool);
      expect({ failed, timedOut }).toEqual({ failed: 0, timedOut: 0 });
      expect(mostSent).toBeLessThanOrEqual(50);
    });
  },
  LIMIT_MS,
);

it.each([
  [
    'heartbeats',
    'heartbeat',
    (index: number) => ({ instanceId: 'i', seq: index + 1, status: 'ready', endpoint: 'http://127.0.0.1:1' }),
  ],
  ['unknown signals', 'nobodyKnowsThis', () => ({ any: 'thing' })],
  ['signals of a reserved name', '__temporal_x', () => ({ any: 'thing' })],
])(
  '10,000 %s at one agent',
  async (what, signal, messageOf) => {
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    const prefix = `test-${randomUUID()}`;
    const agent = await env.client.workflow.start(AGENT_WORKFLOW, {
      workflowId: agentWorkflowId(fleet, 'a'),
      taskQueue: prefix,
      args: [{ v: 1, fleet, agent: 'a' }],
    });
    const sent = Date.now();
    // One place is left for a signal that the server may need.
    await manyTimes(9_990, (index) => agent.signal(signal, messageOf(index)));
    say(`9,990 ${what} sent`, sent);
    const began = Date.now();
    await withWorker({ env, prefix, activities: { nothing: () => undefined } }, async () => {
      const first = await agent.query<AgentView>('describe');
      say(`first answer, ${first.status}`, began);
      const figures = () => taskFigures(agent);
      await agent.executeUpdate('hold', { args: [{ hold: 'after-the-flood' }] });
      say('first command', began);
      const runId = (await agent.describe()).runId;
      for (
        let run = runId;
        run === runId;
        run = (await env.client.workflow.getHandle(agent.workflowId).describe()).runId
      )
        await new Promise((resolve) => setTimeout(resolve, 200));
      say('continued as new', began);
      expect(await figures()).toMatchObject({ failed: 0, timedOut: 0 });
      const after = await env.client.workflow.getHandle(agent.workflowId).query<AgentView>('describe');
      expect(after.holds.map(({ name }) => name)).toEqual(['after-the-flood']);
    });
  },
  LIMIT_MS,
);
