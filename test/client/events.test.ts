/** Events as they are seen from outside, beside the webhooks' view of the same things. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { type DroverEvent, DroverClient } from '../../src/client';
import { eventSchema } from '../../src/contract/schemas/views';
import { devServer } from '../support/env';
import { eventually } from '../workflows/agent/harness';
import { startRun, withRuns } from '../workflows/run/harness';
import { withPool } from '../workflows/agent/subscription-harness';

const env = devServer();

/** What a watch has seen, from the moment at which it watches. */
async function watching(client: DroverClient, fleet: string) {
  const seen: DroverEvent[] = [];
  const stop = new AbortController();
  let ended: Promise<void> | undefined;
  await new Promise<void>((resolve, reject) => {
    ended = (async () => {
      const options = { fleet, signal: stop.signal, everyMs: 50, onWatching: resolve };
      for await (const event of client.events.watch(options)) seen.push(event);
    })();
    ended.catch(reject);
  });
  return {
    seen,
    until: (count: number) =>
      eventually(
        async () => seen,
        (all) => all.length >= count,
      ),
    end: async () => {
      stop.abort();
      await ended;
    },
  };
}

const withoutId = ({ type, data }: DroverEvent) => ({ type, data });

it('sees of agents and pools what their webhooks receive, and no planned restart', async () => {
  await withPool(env, ['a', 'b'], async (pool) => {
    const { fleet, taskQueue } = pool.world;
    const client = DroverClient.over(env.client, taskQueue);
    const watch = await watching(client, fleet);
    const agent = await pool.ready('one');
    await watch.until(1);
    await agent.send('pause');
    await agent.send('resume');
    await agent.send('restart');
    await agent.ready();
    await pool.report(agent, { subscription: 'a' });
    await pool.on(agent, 'b');
    await watch.until(2);
    await pool.report(agent, { subscription: 'b' });
    await watch.until(3);
    await agent.send('stop');
    await agent.send('terminate');
    await watch.end();
    const name = `${fleet}/one`;
    expect(watch.seen.map(withoutId)).toEqual([
      { type: 'agent.ready', data: { agent: name, status: 'running', liveness: 'ready' } },
      { type: 'subscription.switched', data: { agent: name, pool: pool.pool, from: 'a', to: 'b' } },
      {
        type: 'pool.exhausted',
        data: { pool: pool.pool, exhaustedUntil: expect.any(String) as string, agents: [name] },
      },
    ]);
    // The pool of the harness has no webhook.
    expect(pool.raised.map(({ event }) => event.type)).toEqual(['agent.ready', 'subscription.switched']);
    for (const event of watch.seen) expect(eventSchema.safeParse(event).error).toBeUndefined();
  });
});

it('sees the end of runs, by their results, and finds it again afterwards under the same id', async () => {
  await withRuns(env, async (taskQueue) => {
    const client = DroverClient.over(env.client, taskQueue);
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    const topology = { agents: ['A'], flows: ['Start -> A', 'A -> End'] };
    const end = async (run: string, reply: object): Promise<void> => {
      await (
        await startRun(env, taskQueue, { fleet, run, topology, script: { A: [reply as { action: string }] } })
      ).result();
    };
    await end('before', { action: 'final', response: 'early' });
    await eventually(
      () => client.events.recent({ fleet }),
      ({ length }) => length === 1,
    );
    const watch = await watching(client, fleet);
    await end('good', { action: 'final', response: 'secret of the run' });
    await watch.until(1);
    await end('bad', { action: 'fail', error: 'no' });
    await watch.until(2);
    await watch.end();
    expect(watch.seen.map(withoutId)).toEqual([
      { type: 'run.completed', data: { run: `${fleet}/good`, success: true, error: null, turns: 1 } },
      {
        type: 'run.failed',
        data: { run: `${fleet}/bad`, success: false, error: expect.stringContaining('no') as string, turns: 1 },
      },
    ]);
    expect((await client.events.recent({ fleet })).slice(1)).toEqual(watch.seen);
  });
});

it('goes on when Temporal is back, with what has happened in between', async () => {
  await withRuns(env, async (taskQueue) => {
    const outage = { is: false };
    const { client, listed } = failing(outage);
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    const watch = await watching(DroverClient.over(client, taskQueue), fleet);
    outage.is = true;
    const topology = { agents: ['A'], flows: ['Start -> A', 'A -> End'] };
    const script = { A: [{ action: 'final', response: 'x' }] };
    await (await startRun(env, taskQueue, { fleet, run: 'r', topology, script })).result();
    await eventually(
      async () => listed(),
      (count) => count >= 3,
    );
    expect(watch.seen).toEqual([]);
    outage.is = false;
    await watch.until(1);
    await watch.end();
    expect(watch.seen).toMatchObject([{ type: 'run.completed', data: { run: `${fleet}/r` } }]);
  });
});

/** A client whose lists are refused during an outage. */
function failing(outage: { readonly is: boolean }): { readonly client: Client; readonly listed: () => number } {
  let refused = 0;
  const { workflow } = env.client;
  const { workflowService } = workflow;
  const refusal = () => {
    refused += 1;
    return Promise.reject(Object.assign(new Error('no server'), { code: 14, details: 'no server', metadata: {} }));
  };
  const listWorkflowExecutions = (request: object) =>
    outage.is ? refusal() : workflowService.listWorkflowExecutions(request);
  const service = Object.create(workflowService, {
    listWorkflowExecutions: { value: listWorkflowExecutions },
  }) as object;
  const behind = Object.create(workflow, { workflowService: { value: service } }) as object;
  return { client: Object.create(env.client, { workflow: { value: behind } }) as Client, listed: () => refused };
}
