/** Notifications from end to end of the workflows: one per event and webhook, with retries, and one that is down blocks no other. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { createNotificationActivities } from '../../src/activities/notifications';
import { Calls } from '../../src/client/temporal/calls';
import { NOTIFY_WORKFLOW, RUN_WORKFLOW, runWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { eventually, withAgents } from './agent/harness';

const env = devServer();

/** A webhook that answers the first `refusals` calls with 500. */
async function webhook(refusals: number) {
  const heard: { id: string; type: string; data: Record<string, unknown> }[] = [];
  let left = refusals;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { type, data } = JSON.parse(body) as { type: string; data: Record<string, unknown> };
      heard.push({ id: String(request.headers['webhook-id']), type, data });
      left -= 1;
      response.writeHead(left >= 0 ? 500 : 200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { heard, server, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/` };
}

function activities() {
  return createNotificationActivities({ calls: new Calls(env.client), environment: {} });
}

test('an agent that is ready, offline and ready again; a refused call comes again with its id; a dead webhook blocks nothing else', async () => {
  const [hook, some] = [await webhook(1), await webhook(0)];
  try {
    await withAgents(
      env,
      async (world) => {
        const notify = [
          { url: 'http://127.0.0.1:1/dead' },
          { url: hook.url },
          { url: some.url, events: ['agent.offline'] },
        ];
        const agent = await world.start('a', { notify });
        await agent.ready();
        await agent.beat('stopping');
        await agent.until(({ liveness }) => liveness === 'offline');
        await agent.beat('ready');
        await eventually(
          async () => hook.heard.map(({ type }) => type),
          (types) => types.length === 4,
        );
        expect(hook.heard.map(({ type }) => type).sort()).toEqual([
          'agent.offline',
          'agent.ready',
          'agent.ready',
          'agent.ready',
        ]);
        expect(new Set(hook.heard.map(({ id }) => id)).size).toBe(3);
        expect(some.heard.map(({ type, data }) => [type, data['agent']])).toEqual([
          ['agent.offline', `${world.fleet}/a`],
        ]);
        await agent.send('terminate');
      },
      { activities: activities() },
    );
  } finally {
    for (const { server } of [hook, some]) server.close();
  }
});

test('the same event is delivered by one workflow, however often it is raised', async () => {
  const hook = await webhook(0);
  try {
    await withAgents(
      env,
      async ({ taskQueue }) => {
        const event = {
          id: `evt_${randomUUID().slice(0, 8)}`,
          type: 'agent.failed',
          at: new Date().toISOString(),
          data: {},
        };
        const start = () =>
          env.client.workflow.start(NOTIFY_WORKFLOW, {
            workflowId: `notify/${event.id}`,
            taskQueue,
            args: [{ v: 1, event, target: { url: hook.url } }],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
          });
        await (await start()).result();
        await expect(start()).rejects.toThrow('already started');
        expect(hook.heard).toHaveLength(1);
      },
      { activities: activities() },
    );
  } finally {
    hook.server.close();
  }
});

test('a run that asks a human says so without the question, and its cancellation is not a failure', async () => {
  const hook = await webhook(0);
  try {
    await withAgents(
      env,
      async ({ taskQueue, fleet }) => {
        const topology = { agents: ['A'], flows: ['Start -> A', 'A -> User'] };
        const script = {
          A: [{ action: 'ask', question: 'secret question' }],
          User: [{ answer: 'late', delay: '1h' }],
        };
        const input = { v: 1, fleet, run: 'r', task: 't', topology, script, notify: [{ url: hook.url }] };
        const options = { workflowId: runWorkflowId(fleet, 'r'), taskQueue, args: [input] };
        const handle = await env.client.workflow.start(RUN_WORKFLOW, options);
        const heard = (count: number) =>
          eventually(
            async () => hook.heard.length,
            (number) => number === count,
          );
        await heard(1);
        await handle.executeUpdate('cancel', { args: [{ reason: 'night' }] });
        await heard(2);
        const name = `${fleet}/r`;
        expect(hook.heard).toMatchObject([
          { type: 'run.asked', data: { run: name, agent: 'A', branch: '0' } },
          {
            type: 'run.cancelled',
            data: { run: name, cancelled: true, error: expect.stringContaining('night') as string },
          },
        ]);
        expect(JSON.stringify(hook.heard)).not.toContain('secret question');
      },
      { activities: activities() },
    );
  } finally {
    hook.server.close();
  }
});

test.each([
  { reply: { action: 'final', response: 'secret of the run' }, type: 'run.completed', success: true },
  { reply: { action: 'fail', error: 'no' }, type: 'run.failed', success: false },
])('the end of a run: $type', async ({ reply, type, success }) => {
  const hook = await webhook(0);
  try {
    await withAgents(
      env,
      async ({ taskQueue, fleet }) => {
        const topology = { agents: ['A'], flows: ['Start -> A', 'A -> End'] };
        const input = {
          v: 1,
          fleet,
          run: 'r',
          task: 't',
          topology,
          script: { A: [reply] },
          notify: [{ url: hook.url }],
        };
        const options = { workflowId: runWorkflowId(fleet, 'r'), taskQueue, args: [input] };
        await env.client.workflow.execute(RUN_WORKFLOW, options);
        await eventually(
          async () => hook.heard.length,
          (count) => count === 1,
        );
        expect(hook.heard[0]).toMatchObject({ type, data: { run: `${fleet}/r`, success, cancelled: false } });
        expect(JSON.stringify(hook.heard)).not.toContain('secret of the run');
      },
      { activities: activities() },
    );
  } finally {
    hook.server.close();
  }
});
