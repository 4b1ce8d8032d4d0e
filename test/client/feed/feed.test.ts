/** The feed on a real server: what workflows record is what its listeners get. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { Feed, cursorOf, cursorTime, type Observed } from '../../../src/client/feed';
import { Calls } from '../../../src/client/temporal/calls';
import { DroverClient } from '../../../src/client';
import type { DroverEvent } from '../../../src/contract/event';
import { eventSchema } from '../../../src/contract/schemas/events';
import { devServer } from '../../support/env';
import { eventually, withAgents } from '../../workflows/agent/harness';
import { fleetOf, withFleet } from '../../workflows/fleet/harness';
import { startRun, withRuns } from '../../workflows/run/harness';

const env = devServer();
const FAST = { everyMs: 50 };

/** What a listener has seen, from the moment at which it watches. */
async function listening(feed: Feed, options: Parameters<Feed['observe']>[0] = {}) {
  const seen: Observed[] = [];
  const stop = new AbortController();
  const batches = feed.observe({ ...options, signal: stop.signal });
  seen.push(...((await batches.next()).value ?? []));
  const ended = (async () => {
    for await (const batch of batches) seen.push(...batch);
  })();
  const events = (): DroverEvent[] => seen.map(({ event }) => event);
  return {
    seen,
    events,
    until: (isThere: (events: readonly DroverEvent[]) => boolean) => eventually(async () => events(), isThere),
    end: async () => {
      stop.abort();
      await ended;
    },
  };
}

const feedOf = (client: Client = env.client, times = FAST): Feed => new Feed(new Calls(client), times);

/** The server's client, with what it is asked. */
function counting(outage = { is: false }): { readonly client: Client; readonly queries: string[] } {
  const queries: string[] = [];
  const { workflow } = env.client;
  const { workflowService } = workflow;
  const listWorkflowExecutions = (request: { query?: string }) => {
    queries.push(request.query ?? '');
    return outage.is
      ? Promise.reject(Object.assign(new Error('no server'), { code: 14, details: 'no server', metadata: {} }))
      : workflowService.listWorkflowExecutions(request);
  };
  const service = Object.create(workflowService, {
    listWorkflowExecutions: { value: listWorkflowExecutions },
  }) as object;
  const behind = Object.create(workflow, { workflowService: { value: service } }) as object;
  return { client: Object.create(env.client, { workflow: { value: behind } }) as Client, queries };
}

it('a pause and its resume within a look both appear, with the times of the workflow; another listener gets them too', async () => {
  await withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    const feed = feedOf(env.client, { everyMs: 1_000 });
    const full = `${world.fleet}/a`;
    const [one, two, others] = await Promise.all([
      listening(feed, { agent: full, types: ['agent.changed'] }),
      listening(feed, { fleet: world.fleet, types: ['agent.changed'] }),
      listening(feed, { fleet: 'elsewhere' }),
    ]);
    await agent.send('pause');
    await agent.send('resume');
    await one.until((events) => events.some(({ data }) => data['what'] === 'resume'));
    await two.until((events) => events.some(({ data }) => data['what'] === 'resume'));
    const { decisions = [] } = await agent.view();
    const told = one.events().map(({ at, data: { what, by } }) => ({ at, what, by }));
    expect(told.slice(0, 2).map(({ what }) => what)).toEqual(['pause', 'suspend']);
    for (const { at, what, by } of told)
      expect(decisions.map((made) => ({ at: made.at, what: made.what, by: made.by }))).toContainEqual({ at, what, by });
    expect(two.events().slice(0, one.events().length)).toEqual(one.events());
    for (const event of one.events()) expect(eventSchema.safeParse(event).error).toBeUndefined();
    expect(others.events()).toEqual([]);
    await Promise.all([one.end(), two.end(), others.end()]);
    expect(feed.repairs).toBe(0);
  });
});

it('a fleet that is destroyed and made again under its id loses nothing, and no id comes twice', async () => {
  await withFleet(env, async (world) => {
    const feed = feedOf();
    const watch = await listening(feed, { fleet: world.fleet });
    await world.apply(fleetOf(['A']));
    await world.destroy();
    await world.apply(fleetOf(['A']));
    const done = (events: readonly DroverEvent[]) => events.filter(({ type }) => type === 'change.completed').length;
    await watch.until((events) => done(events) === 3);
    const agent = await env.client.workflow
      .getHandle(`agent/${world.fleet}/A`)
      .query<{ entries: { id: string }[] }>('log');
    await watch.until((events) => agent.entries.every(({ id }) => events.some((event) => event.id === id)));
    const ids = watch.events().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const ends = watch.events().filter(({ type, data }) => type === 'agent.changed' && data['status'] === 'terminated');
    expect(ends.length).toBeGreaterThan(0);
    expect(watch.events().filter(({ type }) => type === 'feed.gap')).toEqual([]);
    expect(watch.events().filter(({ type }) => type === 'agent.ready')).toHaveLength(2);
    await watch.end();
    const back = await feed.since(0, { fleet: world.fleet });
    expect(back.map(({ id }) => id).sort()).toEqual([...ids].sort());
    await world.destroy();
    expect(feed.repairs).toBe(0);
  });
});

it('a listener that was killed goes on from its cursor at another reader, and an outage loses nothing', async () => {
  await withRuns(env, async (taskQueue) => {
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    const topology = { agents: ['A'], flows: ['Start -> A', 'A -> End'] };
    const script = { A: [{ action: 'final', response: 'x' }] };
    const end = async (run: string) => (await startRun(env, taskQueue, { fleet, run, topology, script })).result();
    const outage = { is: false };
    const { client, queries } = counting(outage);
    const first = await listening(feedOf(client), { fleet });
    await end('one');
    await first.until((events) => events.some(({ type }) => type === 'run.completed'));
    await first.end();
    const last = first.seen.at(-1);
    await end('two');
    const second = await listening(feedOf(client), { fleet, after: last && cursorOf(last) });
    const runsOf = (events: readonly DroverEvent[]) =>
      events.filter(({ type }) => type === 'run.completed').map(({ data }) => data['run']);
    expect(runsOf(second.events())).toEqual([`${fleet}/one`, `${fleet}/two`]);
    outage.is = true;
    const before = queries.length;
    await end('three');
    await eventually(
      async () => queries.length,
      (count) => count > before + 2,
    );
    outage.is = false;
    await second.until((events) => runsOf(events).includes(`${fleet}/three`));
    await second.end();
    const log = await env.client.workflow.getHandle(`run/${fleet}/one`).query<{ entries: { id: string }[] }>('log');
    const ids = second.events().map(({ id }) => id);
    expect(log.entries.filter(({ id }) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

it('an idle reader makes one query of visibility a look, and nothing else, for any number of listeners', async () => {
  await withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    const { client, queries } = counting();
    const feed = feedOf(client, { everyMs: 100 });
    const listeners = await Promise.all([listening(feed), listening(feed), listening(feed)]);
    const begun = queries.length;
    const from = performance.now();
    await eventually(
      async () => queries.length - begun,
      (count) => count >= 15,
    );
    const passed = performance.now() - from;
    expect(queries.length - begun).toBeLessThanOrEqual(Math.floor(passed / 100) + 1);
    expect(new Set(queries.slice(begun).map((query) => query.replace(/'.*'/, 'T')))).toEqual(
      new Set(['DroverChangedAt >= T']),
    );
    await Promise.all(listeners.map((listener) => listener.end()));
    const ended = queries.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(queries.length - ended).toBeLessThanOrEqual(1);
  });
});

it('a workflow that no worker answers for is neither a gap nor skipped: it is read once it answers', async () => {
  const outage = { is: false };
  const { client } = counting();
  const { workflow } = client;
  const getHandle = (workflowId: string, runId?: string) => {
    const handle = workflow.getHandle(workflowId, runId);
    const query = () => Promise.reject(Object.assign(new Error('late'), { code: 4, details: 'late', metadata: {} }));
    return outage.is && workflowId.endsWith('/silent')
      ? (Object.create(handle, { query: { value: query } }) as object)
      : handle;
  };
  const behind = Object.create(workflow, { getHandle: { value: getHandle } }) as object;
  const feed = feedOf(Object.create(client, { workflow: { value: behind } }) as Client);
  await withAgents(env, async (world) => {
    const watch = await listening(feed, { fleet: world.fleet });
    outage.is = true;
    const silent = await world.start('silent');
    await silent.ready();
    const other = await world.start('other');
    await other.ready();
    const about = (name: string) => watch.seen.filter(({ workflowId }) => workflowId.endsWith(`/${name}`));
    await watch.until(() => about('other').some(({ event }) => event.type === 'agent.ready'));
    expect(about('silent')).toEqual([]);
    const { entries } = await silent.handle.query<{ entries: { id: string; at: string }[] }>('log');
    const held = Date.parse(entries.at(-1)?.at ?? '');
    for (const { from } of about('other')) expect(from).toBeLessThanOrEqual(held);
    outage.is = false;
    await watch.until(() => about('silent').length >= entries.length);
    expect(about('silent').map(({ event: { id } }) => id)).toEqual(entries.map(({ id }) => id));
    expect(watch.events().filter(({ type }) => type === 'feed.gap')).toEqual([]);
    await watch.end();
  });
});

it('knows a cursor when it sees one', () => {
  expect(cursorTime('1764000000000.evt_0123456789abcdef_17')).toBe(1_764_000_000_000);
  for (const text of ['', 'evt_1', '17', 'x.evt_1', '99999999999999999.evt_1', '9999999999999999.evt_1', '17.evt-1'])
    expect(cursorTime(text)).toBeNull();
});

it('a namespace without the attribute is refused, with what adds it', async () => {
  const operatorService = {
    listSearchAttributes: async () => ({ customAttributes: { DroverFleet: 2 } }),
  };
  const connection = Object.create(env.client.connection, { operatorService: { value: operatorService } }) as object;
  const client = Object.create(env.client, { connection: { value: connection } }) as Client;
  await expect(DroverClient.over(client).feed.since(0)).rejects.toThrow('--name DroverChangedAt --type Datetime');
  await expect(DroverClient.over(client).feed.watch().next()).rejects.toThrow('drover doctor --fix');
});
