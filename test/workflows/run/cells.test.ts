/** Runs, branches and notifications that are terminated, cancelled or reset from outside (docs/operations.md). */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNotificationActivities } from '../../../src/activities/notifications';
import { Calls } from '../../../src/client/temporal/calls';
import type { TurnCall } from '../../../src/contract/activities';
import type { TurnOutcome } from '../../../src/contract/agent/turns';
import { NOTIFY_WORKFLOW } from '../../../src/contract/names';
import { devServer } from '../../support/env';
import { resetWorkflow } from '../../support/reset';
import { withWorker } from '../../support/worker';
import { type AgentWorld, eventually, withAgents } from '../agent/harness';
import { readyAgents, startRun, type TestRun } from './harness';

const env = devServer();
// A workflow that is ended or reset in the middle of a task has that task failed by the server.
beforeEach(() => env.allowFailedTasks());

/** A asks B, which answers when the test lets it, and C beside it; without C, the one branch of the run goes on as B. */
async function withB(
  test: (run: TestRun, letB: () => void, world: AgentWorld) => Promise<void>,
  asked: readonly string[] = ['B', 'C'],
): Promise<void> {
  await withAgents(env, async (world) => {
    const agents = await readyAgents(world, ['A', 'B', 'C']);
    let letB: () => void = () => undefined;
    const isLet = new Promise<void>((resolve) => (letB = resolve));
    world.takeTurn = async ({ agent, request }: TurnCall): Promise<TurnOutcome> => {
      if (agent === 'A' && request.input.kind === 'task') {
        return { reply: { action: 'invoke', invocations: asked.map((one) => ({ agent: one, request: 'x' })) } };
      }
      if (agent === 'B') await isLet;
      return { reply: { action: 'final', response: agent } };
    };
    const topology = { flows: ['Start -> A', 'A <-> B', 'A <-> C', 'A -> End', 'B -> End'] };
    const run = await startRun(env, world.taskQueue, { topology, fleet: world.fleet });
    await agents.get('B')?.until(({ turns }) => turns.inFlight === 1);
    await test(run, letB, world);
  });
}

const turnsTaken = ({ taken }: AgentWorld) => taken.map(({ request }) => `${request.agent} ${request.turnId}`).sort();

it('run reset: its earlier branches are waited for, no turn is taken twice, and the result is the same', () =>
  withB(async (run, letB, world) => {
    await resetWorkflow(env, run.id);
    await eventually(
      async () => (await run.handle.fetchHistory()).events ?? [],
      (events) => events.some((event) => event.startChildWorkflowExecutionFailedEventAttributes),
    );
    letB();
    // By its id, because the handle of its start follows the execution before the reset.
    expect(await env.client.workflow.getHandle(run.id).result()).toMatchObject({ success: true, turns: 4 });
    expect(new Set(turnsTaken(world)).size).toBe(turnsTaken(world).length);
  }));

it('run reset while its own branch takes a turn: no turn is taken twice, and the result is the same', () =>
  withB(
    async (run, letB, world) => {
      await resetWorkflow(env, run.id);
      letB();
      expect(await env.client.workflow.getHandle(run.id).result()).toMatchObject({ success: true, turns: 2 });
      expect(new Set(turnsTaken(world)).size).toBe(turnsTaken(world).length);
    },
    ['B'],
  ));

it('branch reset: it goes on from there, and no turn is taken twice', () =>
  withB(async (run, letB, world) => {
    await resetWorkflow(env, `${run.id}/0.0`);
    letB();
    expect(await run.result()).toMatchObject({ success: true, turns: 4 });
    expect(new Set(turnsTaken(world)).size).toBe(turnsTaken(world).length);
  }));

/** A notification to a webhook that answers `status`; `heard` are the ids it was called with. */
async function withHook(status: number, test: (id: string, heard: readonly string[]) => Promise<void>): Promise<void> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(String(request.headers['webhook-id']));
    request.resume();
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const activities = createNotificationActivities({ calls: new Calls(env.client), environment: {} });
  try {
    await withWorker({ env, activities }, async (taskQueue) => {
      const event = { id: `evt_${randomUUID()}`, type: 'run.completed', at: new Date().toISOString(), data: {} };
      const workflowId = `notify/${event.id}`;
      const args = [{ v: 1, event, target: { url } }];
      await env.client.workflow.start(NOTIFY_WORKFLOW, { workflowId, taskQueue, args });
      await eventually(
        async () => heard,
        ({ length }) => length > 0,
      );
      await test(workflowId, heard);
    });
  } finally {
    server.close();
  }
}

it.each(['cancel', 'terminate'] as const)('notify %s: it is given up', (action) =>
  withHook(500, async (id, heard) => {
    const handle = env.client.workflow.getHandle(id);
    await handle[action]();
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe(action === 'cancel' ? 'CANCELLED' : 'TERMINATED');
    expect(new Set(heard).size).toBe(1);
  }),
);

it('notify reset: the webhook receives the event again, under the same id', () =>
  withHook(200, async (id, heard) => {
    await env.client.workflow.getHandle(id).result();
    await resetWorkflow(env, id);
    await env.client.workflow.getHandle(id).result();
    expect(heard).toEqual([id.slice('notify/'.length), id.slice('notify/'.length)]);
  }));
