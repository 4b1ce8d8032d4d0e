/** Many messages that wait for a pool together: it handles and answers them in parts. */
import { randomUUID } from 'node:crypto';
import { describePool, poolSignals, poolUpdates } from '../../src/contract/pool/messages';
import { AGENT_WORKFLOW, agentWorkflowId, POOL_WORKFLOW, poolWorkflowId } from '../../src/contract/names';
import type { PoolView } from '../../src/contract/pool';
import { devServer } from '../support/env';
import { manyTimes, taskFigures } from '../support/floods';
import { withWorker } from '../support/worker';
import { eventually } from '../workflows/agent/harness';

const env = devServer();

function handleOf(name: string) {
  return env.client.workflow.getHandle(poolWorkflowId(name));
}

describe('many messages that wait together', () => {
  const COUNT = 130;
  const assigned = ({ credentials }: PoolView): number =>
    credentials.reduce((sum, { agents }) => sum + agents.length, 0);

  /** Signals come before any worker does, so that they wait together. */
  async function withFlood(
    messageOf: (index: number) => readonly [string, unknown],
    use: (pool: ReturnType<typeof handleOf>, fleet: string) => Promise<void>,
  ): Promise<void> {
    const [name, fleet, prefix] = ['p', 'f', 'test'].map((kind) => `${kind}-${randomUUID().slice(0, 8)}`);
    await env.client.workflow.start(POOL_WORKFLOW, {
      workflowId: poolWorkflowId(name ?? ''),
      taskQueue: prefix ?? '',
      args: [{ v: 1, pool: name, credentials: [{ name: 'a', secret: 'env:A' }] }],
    });
    const pool = handleOf(name ?? '');
    await manyTimes(COUNT, async (index) => {
      const [signal, message] = messageOf(index);
      await pool.signal(signal, message);
    });
    await withWorker({ env, prefix: prefix ?? '' }, () => use(pool, fleet ?? ''));
  }

  test('are handled 50 a task', async () => {
    await withFlood(
      () => ['nobodyKnowsThis', { any: 'thing' }],
      async (pool) => {
        await eventually(
          () => taskFigures(pool),
          ({ timers, running }) => timers === 2 && !running,
        );
        expect(await taskFigures(pool)).toMatchObject({ failed: 0, timers: 2 });
      },
    );
  });

  test('are answered 50 a task, and so is a command that moves every agent', async () => {
    // Receivers that take signals and answer nothing: the pool forgets an agent that is not there.
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    await manyTimes(COUNT, (index) => {
      const workflowId = agentWorkflowId(fleet, `a${String(index)}`);
      return env.client.workflow.start(AGENT_WORKFLOW, { workflowId, taskQueue: `none-${fleet}`, args: [] });
    });
    const request = (index: number) => ({
      requestId: `r${String(index)}`,
      agent: `${fleet}/a${String(index)}`,
      not: null,
    });
    await withFlood(
      (index) => [poolSignals.allocationRequested.name, request(index)],
      async (pool) => {
        await eventually(
          () => pool.query(describePool),
          (view) => assigned(view) === COUNT,
        );
        await pool.executeUpdate(poolUpdates.configure, {
          args: [{ credentials: [{ name: 'a', secret: 'env:OTHER' }] }],
        });
        const { sent, mostSent, failed } = await eventually(
          () => taskFigures(pool),
          (figures) => figures.sent === 2 * COUNT,
        );
        expect({ sent, failed }).toEqual({ sent: 2 * COUNT, failed: 0 });
        expect(mostSent).toBeLessThanOrEqual(50);
      },
    );
  });
});
