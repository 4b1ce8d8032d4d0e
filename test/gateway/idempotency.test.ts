/** One idempotency key is one request: the same again gets the first answer, another one under it is refused. */
import { randomUUID } from 'node:crypto';
import { POOL_WORKFLOW, poolWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { withWorker } from '../support/worker';
import { withAgents } from '../workflows/agent/harness';
import { fleetOf, withFleet } from '../workflows/fleet/harness';
import { type Answer, withGateway as withAnyGateway } from './listening';

const env = devServer();
/** Sends a call with an idempotency key. */
type Call = (method: string, path: string, key: string, body?: unknown) => Promise<Answer>;

function withGateway(taskQueue: string, test: (call: Call) => Promise<void>): Promise<void> {
  return withAnyGateway(env, taskQueue, (ask) =>
    test((method, path, key, body = {}) => ask(method, path, body, { 'idempotency-key': key })),
  );
}

/** The same answer, without the headers of the connection. */
const sameAs = ({ status, body }: Answer) => expect.objectContaining({ status, body }) as Answer;

const CONFLICT = { status: 409, body: { code: 'IdempotencyConflict' } };

describe('of an agent', () => {
  it('refuses another command and other arguments under a key, and repeats the first answer', async () => {
    await withAgents(env, async (world) => {
      const agent = await world.start('a');
      await agent.ready();
      await withGateway(world.taskQueue, async (call) => {
        const to = (command: string, body?: unknown) =>
          call('POST', `/v1/agents/${world.fleet}/a/${command}`, 'k', body);
        const first = await to('hold', { hold: 'one', reason: 'why' });
        expect(first).toMatchObject({ status: 200, body: { changed: true, requestId: 'k' } });
        for (const [command, body] of [
          ['hold', { hold: 'two' }],
          ['hold', { hold: 'one' }],
          ['release', { hold: 'one' }],
          ['resume', {}],
          ['terminate', {}],
          ['failures', { subscription: 'main', kind: 'auth' }],
        ] as const) {
          expect([command, await to(command, body)]).toMatchObject([command, CONFLICT]);
        }
        expect(await to('hold', { reason: 'why', hold: 'one' })).toEqual(sameAs(first));
        expect((await agent.view()).holds.map(({ name }) => name)).toEqual(['one']);
      });
    });
  });

  it('still knows a key after the workflow has continued as new', async () => {
    await withAgents(env, async (world) => {
      const agent = await world.start('a', {}, { continueAfterEvents: 30 });
      await agent.ready();
      const path = `/v1/agents/${world.fleet}/a`;
      const run = async () => (await env.client.workflow.getHandle(`agent/${world.fleet}/a`).describe()).runId;
      await withGateway(world.taskQueue, async (call) => {
        expect(await call('POST', `${path}/hold`, 'k', { hold: 'one' })).toMatchObject({ body: { changed: true } });
        const before = await run();
        for (let round = 0; (await run()) === before; round += 1) {
          for (const command of ['hold', 'release']) {
            const more = await call('POST', `${path}/${command}`, `${command}-${String(round)}`, { hold: 'two' });
            expect(more).toMatchObject({ status: 200 });
          }
        }
        expect(await call('POST', `${path}/release`, 'k', { hold: 'one' })).toMatchObject(CONFLICT);
        expect(await call('POST', `${path}/hold`, 'k', { hold: 'one' })).toMatchObject({ body: { changed: true } });
        expect((await agent.view()).holds).toHaveLength(1);
      });
    });
  });
});

describe('of a fleet', () => {
  it('refuses another specification, change or hold under a key, and repeats the first answer', async () => {
    await withFleet(env, async (world) => {
      await withGateway(world.taskQueue, async (call) => {
        const path = `/v1/fleets/${world.fleet}`;
        const spec = { agents: [], restart: { on: 'never' } };
        const first = await call('PUT', path, 'k', { spec });
        expect(first).toMatchObject({ status: 202, body: { revision: 1 } });
        expect(await call('PUT', path, 'k', { spec: { agents: [] } })).toMatchObject(CONFLICT);
        expect(await call('PUT', `${path}?expectRevision=1`, 'k', { spec })).toMatchObject(CONFLICT);
        expect(await call('DELETE', path, 'k')).toMatchObject(CONFLICT);
        expect(await call('POST', `${path}/pause`, 'k')).toMatchObject(CONFLICT);
        expect(await call('PUT', path, 'k', { spec: { restart: { on: 'never' }, agents: [] } })).toEqual(sameAs(first));
        expect(await world.view()).toMatchObject({ revision: 1, spec, holds: [] });
      });
    });
  });

  it('does not pause again with the key of a pause that was resumed', async () => {
    await withFleet(env, async (world) => {
      await world.apply(fleetOf(['A']));
      await withGateway(world.taskQueue, async (call) => {
        const to = (verb: string, key: string, body?: unknown) =>
          call('POST', `/v1/fleets/${world.fleet}/${verb}`, key, body);
        expect(await to('pause', 'p', { reason: 'x' })).toMatchObject({ status: 200 });
        expect(await to('resume', 'p')).toMatchObject(CONFLICT);
        expect(await to('pause', 'p', { reason: 'y' })).toMatchObject(CONFLICT);
        expect(await to('resume', 'r')).toMatchObject({ status: 200, body: { holds: [] } });
        expect(await to('pause', 'p', { reason: 'x' })).toMatchObject({ status: 200 });
        expect((await world.view()).holds).toEqual([]);
      });
    });
  });
});

describe('of a run', () => {
  const topology = { flows: ['Start -> A', 'A -> End'] };
  const script = { A: [{ action: 'final_response', response: 'done', delay: '1h' }] };

  it('refuses another task under the key or the name of a run, one that has ended too', async () => {
    await withFleet(env, async (world) => {
      await world.apply({ ...fleetOf(['A']), topology });
      await withGateway(world.taskQueue, async (call) => {
        const { fleet } = world;
        const start = (key: string, body: object) => call('POST', '/v1/runs', key, { fleet, script, ...body });
        const first = await start('k', { task: { a: 1, b: 2 } });
        expect(first).toMatchObject({ status: 202, body: { run: 'k' } });
        expect(await start('k', { task: { b: 2, a: 1 } })).toEqual(sameAs(first));
        expect(await start('k', { task: { a: 1 } })).toMatchObject(CONFLICT);
        expect(await start('k', { task: { a: 1, b: 2 }, trace: true })).toMatchObject(CONFLICT);
        expect(await start('other', { task: 'x', run: 'k' })).toMatchObject(CONFLICT);
        await env.client.workflow.getHandle(`run/${fleet}/k`).terminate();
        expect(await start('k', { task: { a: 1, b: 2 } })).toEqual(sameAs(first));
        expect(await start('k', { task: 'x' })).toMatchObject(CONFLICT);
      });
    });
  });

  it('starts one run under a key, also when the second one has another name', async () => {
    await withFleet(env, async (world) => {
      await world.apply({ ...fleetOf(['A']), topology });
      await withGateway(world.taskQueue, async (call) => {
        const { fleet } = world;
        const start = (key: string, run?: string) =>
          call('POST', '/v1/runs', key, { fleet, script, task: 't', ...(run === undefined ? {} : { run }) });
        const first = await start('a key', 'one');
        expect(first).toMatchObject({ status: 202, body: { run: 'one' } });
        for (const other of ['two', undefined]) expect(await start('a key', other)).toMatchObject(CONFLICT);
        expect(await start('a key', 'one')).toEqual(sameAs(first));
        const named = await start('unnamed');
        expect(named).toMatchObject({ status: 202, body: { run: 'unnamed' } });
        expect(await start('unnamed', 'three')).toMatchObject(CONFLICT);
        expect(await start('another', 'four')).toMatchObject({ status: 202 });
        const runs = env.client.workflow.list({ query: `WorkflowType = 'run' AND DroverFleet = '${fleet}'` });
        const names = new Set<string>();
        for await (const { workflowId } of runs) names.add(workflowId);
        for (const never of ['two', 'three']) expect(names).not.toContain(`run/${fleet}/${never}`);
      });
    });
  });

  it('refuses another command under a key, and does not pause again what was resumed', async () => {
    await withFleet(env, async (world) => {
      await world.apply({ ...fleetOf(['A']), topology });
      await withGateway(world.taskQueue, async (call) => {
        await call('POST', '/v1/runs', 'r', { fleet: world.fleet, task: 't', script });
        const to = (verb: string, key: string, body?: unknown) =>
          call('POST', `/v1/runs/${world.fleet}/r/${verb}`, key, body);
        expect(await to('pause', 'p')).toMatchObject({ status: 200, body: { state: 'paused' } });
        expect(await to('cancel', 'p')).toMatchObject(CONFLICT);
        expect(await to('answer', 'p', { value: 1 })).toMatchObject(CONFLICT);
        expect(await to('resume', 'q')).toMatchObject({ status: 200, body: { state: 'running' } });
        expect(await to('pause', 'p')).toMatchObject({ status: 200 });
        expect(await call('POST', '/v1/runs', 'r', { fleet: world.fleet, task: 't', script })).toMatchObject({
          status: 202,
        });
        expect(await to('cancel', 'c', { reason: 'a' })).toMatchObject({ status: 200, body: { state: 'cancelled' } });
        expect(await to('cancel', 'c', { reason: 'b' })).toMatchObject({ status: 409 });
      });
    });
  });
});

describe('of a pool', () => {
  it('refuses another reset under a key, also after the workflow has continued as new', async () => {
    await withWorker({ env }, async (taskQueue) => {
      const pool = `p-${randomUUID().slice(0, 8)}`;
      const credentials = ['a', 'b'].map((name) => ({ name, secret: `env:${name.toUpperCase()}` }));
      await env.client.workflow.start(POOL_WORKFLOW, {
        workflowId: poolWorkflowId(pool),
        taskQueue,
        args: [{ v: 1, pool, credentials, continueAfterEvents: 20 }],
      });
      const run = async () => (await env.client.workflow.getHandle(poolWorkflowId(pool)).describe()).runId;
      await withGateway(taskQueue, async (call) => {
        const reset = (body: object) => call('POST', `/v1/pools/${pool}/reset`, 'k', body);
        const before = await run();
        expect(await reset({ credential: 'a' })).toMatchObject({ status: 200 });
        for (let round = 0; (await run()) === before; round += 1) {
          const more = await call('POST', `/v1/pools/${pool}/reset`, `more-${String(round)}`, {});
          expect(more).toMatchObject({ status: 200 });
        }
        expect(await reset({ credential: 'b' })).toMatchObject(CONFLICT);
        expect(await reset({})).toMatchObject(CONFLICT);
        expect(await reset({ credential: 'a' })).toMatchObject({ status: 200 });
      });
    });
  });
});
