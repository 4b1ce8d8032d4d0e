/** The pool's workflow: grants by signal to agents, raw and wrong messages, continue-as-new. */
import { randomUUID } from 'node:crypto';
import { describePool, poolSignals, poolUpdates } from '../../../src/contract/pool/messages';
import { POOL_WORKFLOW, poolWorkflowId } from '../../../src/contract/names';
import type { PoolInput, PoolView } from '../../../src/contract/pool';
import { devServer } from '../../support/env';
import { withWorker } from '../../support/worker';
import { eventually } from '../agent/harness';

const env = devServer();

async function withPool(
  input: Partial<PoolInput>,
  use: (pool: ReturnType<typeof handleOf>) => Promise<void>,
): Promise<void> {
  const name = `p-${randomUUID().slice(0, 8)}`;
  await withWorker({ env }, async (taskQueue) => {
    const credentials = ['a', 'b'].map((credential) => ({
      name: credential,
      secret: `env:${credential.toUpperCase()}`,
    }));
    await env.client.workflow.start(POOL_WORKFLOW, {
      workflowId: poolWorkflowId(name),
      taskQueue,
      args: [{ v: 1, pool: name, credentials, ...input }],
    });
    await use(handleOf(name));
  });
}

function handleOf(name: string) {
  return env.client.workflow.getHandle(poolWorkflowId(name));
}

const summary = ({ credentials }: PoolView): [string, number][] =>
  credentials.map(({ name, failuresInWindow }) => [name, failuresInWindow]);

test('records failures, forgets them on reset, and knows until when it is used up', async () => {
  await withPool({}, async (pool) => {
    for (const credential of ['a', 'b', 'b'])
      await pool.signal(poolSignals.failureObserved, {
        credential,
        kind: 'rate_limit',
        at: new Date().toISOString(),
        agent: 'f/x',
      });
    const used = await pool.query(describePool);
    expect(summary(used)).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(used.exhaustedUntil).not.toBeNull();
    const reset = await pool.executeUpdate(poolUpdates.reset, { args: [{ credential: 'b' }] });
    expect(summary(reset)).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
    expect(reset.exhaustedUntil).toBeNull();
  });
});

test('an agent that is gone holds no credential', async () => {
  await withPool({}, async (pool) => {
    await pool.signal(poolSignals.allocationRequested, { requestId: 'r', agent: 'nobody/there', not: null });
    const undelivered = async (): Promise<boolean> =>
      (await pool.fetchHistory()).events?.some((event) => event.signalExternalWorkflowExecutionFailedEventAttributes) ??
      false;
    await eventually(undelivered, (isSo) => isSo);
    const { credentials } = await pool.query(describePool);
    expect(credentials.flatMap(({ agents }) => agents)).toEqual([]);
  });
});

test('an invalid message changes nothing, and a wrong update is refused', async () => {
  await withPool({}, async (pool) => {
    const before = await pool.query(describePool);
    await pool.signal('failureObserved', { credential: 7 });
    await pool.signal('nobodyKnowsThis', 'x');
    await expect(pool.executeUpdate('configure', { args: [{ credentials: 'none' }] })).rejects.toThrow();
    expect(await pool.query(describePool)).toEqual(before);
  });
});

test('its memory survives continue-as-new', async () => {
  await withPool({ continueAfterEvents: 10 }, async (pool) => {
    const first = await pool.describe();
    const at = new Date().toISOString();
    for (let failure = 0; failure < 12; failure += 1)
      await pool.signal(poolSignals.failureObserved, { credential: 'a', kind: 'auth', at, agent: 'f/x' });
    expect(summary(await pool.query(describePool))).toEqual([
      ['a', 12],
      ['b', 0],
    ]);
    await eventually(
      async () => (await pool.describe()).runId,
      (runId) => runId !== first.runId,
    );
    expect(summary(await pool.query(describePool))[0]).toEqual(['a', 12]);
  });
});
