/** The logs of workflows: what is recorded, by whose time, and what it costs. */
import type { WorkflowHandle } from '@temporalio/client';
import type { LogAnswer, LogQuery } from '../../src/contract/event/log';
import { Calls } from '../../src/client/temporal/calls';
import { logOf as logOfWorkflow } from '../../src/client/feed/logs';
import { eventSchema } from '../../src/contract/schemas/events';
import { devServer } from '../support/env';
import { withAgents } from './agent/harness';
import { withPool } from './agent/subscription-harness';
import { fleetOf, withFleet } from './fleet/harness';
import { command, startRun, withRuns } from './run/harness';
import { eventually } from './agent/harness';

const env = devServer();

/** A query may fall between two workflow tasks (decision 8), so the client asks again. */
async function logOf({ workflowId }: WorkflowHandle, query: LogQuery = {}): Promise<LogAnswer> {
  const answer = await logOfWorkflow(
    new Calls(env.client),
    { workflowId, runId: '', isLast: true, changedAt: 0 },
    query,
  );
  if (answer === null) throw new Error(`${workflowId} is not there`);
  return answer;
}

async function typesOf(handle: WorkflowHandle): Promise<string[]> {
  const { entries } = await logOf(handle);
  for (const entry of entries) expect(eventSchema.safeParse(entry).error).toBeUndefined();
  return entries.map(({ type }) => type);
}

/** The number of upserts of search attributes in each workflow task that has any. */
async function upsertsByTask(handle: WorkflowHandle): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  const tasks = new Map<string, number>();
  for (const { upsertWorkflowSearchAttributesEventAttributes: upsert } of events ?? []) {
    const task = String(upsert?.workflowTaskCompletedEventId ?? '');
    if (upsert) tasks.set(task, (tasks.get(task) ?? 0) + 1);
  }
  return [...tasks.values()];
}

test('an agent records each decision with the axes that changed; a task writes one upsert, a beat that changes nothing none', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    const { next } = await logOf(agent.handle);
    await agent.send('pause');
    await agent.send('resume');
    await agent.handle.signal('resume', {});
    await agent.until(({ decisions = [] }) => decisions.at(-1)?.accepted === false);
    const { entries, missed } = await logOf(agent.handle, { after: next - 1 });
    const moves = entries.map(({ data: { what, from, to } }) => ({ what, from, to }));
    expect(moves).toContainEqual({
      what: 'pause',
      from: { status: 'running', holds: [] },
      to: { status: 'paused', holds: ['operator'] },
    });
    expect(moves).toContainEqual(expect.objectContaining({ what: 'resume', to: { status: 'running', holds: [] } }));
    expect(moves.at(-1)).toEqual({ what: 'resume', from: {}, to: {} });
    expect({ missed, first: entries[0]?.seq }).toEqual({ missed: 0, first: next });
    const ats = entries.map(({ at }) => Date.parse(at));
    expect(ats).toEqual([...ats].sort((a, b) => a - b));
    const before = await agent.view();
    const seen = await logOf(agent.handle);
    for (let seq = 1; seq <= 5; seq += 1) await agent.beat('ready', { seq });
    await agent.until(({ lastProofAt }) => lastProofAt !== before.lastProofAt);
    expect((await logOf(agent.handle)).next).toBe(seen.next);
    const { searchAttributes } = await agent.handle.describe();
    const changedAt = searchAttributes['DroverChangedAt']?.[0];
    expect((changedAt as Date).getTime()).toBeGreaterThanOrEqual(Date.parse(seen.entries.at(-1)?.at ?? ''));
    expect(new Set(await upsertsByTask(agent.handle))).toEqual(new Set([1]));
    await expect(logOf(agent.handle, { since: -1e300 })).rejects.toThrow('log takes {after?, since?}');
  }));

test('a switch is recorded with its credentials, and so is a pool without a free one', () =>
  withPool(env, ['a', 'b'], async (pool) => {
    const agent = await pool.ready('one');
    await pool.report(agent, { subscription: 'a' });
    await pool.on(agent, 'b');
    await pool.report(agent, { subscription: 'b' });
    const handle = env.client.workflow.getHandle(`pool/${pool.pool}`);
    await eventually(
      () => typesOf(handle),
      (types) => types.includes('pool.exhausted'),
    );
    await pool.world.env.client.workflow.getHandle(`pool/${pool.pool}`).executeUpdate('reset', {
      args: [{ by: 'nina', from: 'laptop', requestId: 'r-1' }],
    });
    expect(await typesOf(handle)).toEqual(['pool.exhausted', 'pool.reset', 'pool.available']);
    const { entries: told } = await logOf(handle);
    expect(told[1]?.data).toMatchObject({ credential: null, by: 'nina from laptop, request r-1' });
    for (const entry of told) expect(eventSchema.safeParse(entry).error).toBeUndefined();
    const { entries } = await logOf(agent.handle);
    const assigned = entries.filter(({ data }) => (data['to'] as { subscription?: string } | undefined)?.subscription);
    expect(assigned.slice(0, 2).map(({ data: { from, to } }) => ({ from, to }))).toMatchObject([
      { from: { subscription: null }, to: { subscription: 'a' } },
      { from: { subscription: 'a' }, to: { subscription: 'b' } },
    ]);
    expect(await typesOf(agent.handle)).toContain('subscription.switched');
  }));

test('a fleet records its changes, and the change the steps of its agents', () =>
  withFleet(
    env,
    async (world) => {
      await world.apply(fleetOf(['A', 'B']));
      expect(await typesOf(world.handle)).toEqual(['change.started', 'change.completed']);
      const { entries } = await logOf(world.saga());
      const steps = entries.filter(({ data }) => data['agent'] === `${world.fleet}/A`).map(({ data }) => data['step']);
      expect(steps).toEqual(['creating', 'waking', 'ready']);
      for (const entry of entries) expect(eventSchema.safeParse(entry).error).toBeUndefined();
      const agent = env.client.workflow.getHandle(`agent/${world.fleet}/A`);
      const { entries: made } = await logOf(agent);
      await expect(world.apply(fleetOf(['A', 'B', 'broken']))).resolves.toMatchObject({ state: 'rolled_back' });
      expect((await typesOf(world.handle)).slice(2)).toEqual(['change.started', 'change.compensated']);
      await world.fleets.pause(world.fleet, { reason: 'lunch', by: 'nina', from: 'laptop', requestId: 'r-1' });
      await world.fleets.resume(world.fleet, { by: 'nina', from: 'laptop', requestId: 'r-2' });
      const { entries: given } = await logOf(world.handle);
      const [paused, resumed] = given.slice(-2);
      expect(paused).toMatchObject({
        type: 'fleet.paused',
        data: { fleet: world.fleet, reason: 'lunch', by: 'nina from laptop, request r-1' },
      });
      expect(resumed).toMatchObject({ type: 'fleet.resumed', data: { origin: { by: 'nina', requestId: 'r-2' } } });
      for (const entry of given) expect(eventSchema.safeParse(entry).error).toBeUndefined();
      await world.destroy();
      await world.apply(fleetOf(['A']));
      const { entries: again } = await logOf(agent);
      expect(again[0]?.seq).toBeGreaterThan(made.at(-1)?.seq ?? Infinity);
      for (const handle of [world.handle, world.saga()])
        expect(new Set(await upsertsByTask(handle))).toEqual(new Set([1]));
      await world.destroy();
    },
    {
      before: async ({ call, agent }) => {
        if (call === 'createResource' && agent === 'broken') throw new Error('no room');
      },
    },
  ));

test('a run records its start, its questions, pauses, branches and its end, and none of their contents', () =>
  withRuns(env, async (taskQueue) => {
    const topology = { flows: ['Start -> A', 'A -> User', 'A -> End'] };
    const script = {
      A: [
        { action: 'ask', question: 'SECRET question' },
        { action: 'final', response: 'SECRET answer' },
      ],
      User: [{ answer: 'no', delay: '1h' }],
    };
    const run = await startRun(env, taskQueue, { topology, script, by: 'nina', from: 'laptop' });
    await eventually(run.view, ({ question }) => question !== null);
    const given = { by: 'nina', from: 'laptop', requestId: 'r' };
    await command(run, 'pause', { ...given, requestId: 'r-1' });
    await command(run, 'resume');
    await command(run, 'answer', { value: 'SECRET word', ...given });
    await run.result();
    const types = await typesOf(run.handle);
    expect(types[0]).toBe('run.started');
    expect(types.at(-1)).toBe('run.completed');
    const told = ['run.asked', 'run.paused', 'run.resumed', 'run.answered'];
    expect(types.filter((type) => told.includes(type))).toEqual(told);
    expect(types.filter((type) => type === 'run.branch')).toHaveLength(2);
    const { entries } = await logOf(run.handle);
    const byOf = (wanted: string) => entries.find(({ type }) => type === wanted)?.data['by'];
    expect(['run.started', 'run.paused', 'run.resumed', 'question.answered'].map(byOf)).toEqual([
      'nina from laptop',
      'nina from laptop, request r-1',
      undefined,
      'nina from laptop, request r',
    ]);
    for (const entry of entries) expect(eventSchema.safeParse(entry).error).toBeUndefined();
    expect((await run.view()).startedBy).toBe('nina from laptop');
    expect(JSON.stringify(await logOf(run.handle))).not.toContain('SECRET');
  }));
