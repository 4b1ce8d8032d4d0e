import { PATIENCE_MS } from '../../support/patience';
import { DroverClient, type RunListItem, type Script } from '../../../src/client';
import { runWorkflowId } from '../../../src/contract/names';
import { SIZE_LIMITS } from '../../../src/contract/agent/turns';
import { devServer } from '../../support/env';
import { eventually } from '../../workflows/agent/harness';
import { fleetOf, withFleet } from '../../workflows/fleet/harness';

const env = devServer();
const topology = { flows: ['Start -> Asker', 'Asker -> User', 'Asker -> End'] };

const ANSWERS: Script = { Asker: [{ action: 'final', response: 'MARS' }] };
const ASKS: Script = {
  Asker: [
    { action: 'ask', question: 'Which word?' },
    { action: 'final', response: 'thanks' },
  ],
  // Too late: the test answers first.
  User: [{ answer: 'no idea', delay: '1h' }],
};

/** A client over a fleet that can run tasks. */
async function withTopology(test: (client: DroverClient, fleet: string) => Promise<void>): Promise<void> {
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['Asker'], { topology }));
    await test(DroverClient.over(env.client, world.taskQueue), world.fleet);
  });
}

it('starts a run, follows it and returns its result; the same name again is the same run', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const ref = await runs.start({ fleet, run: 'first', task: 't', script: ANSWERS });
    expect(ref).toEqual({ fleet, run: 'first' });
    expect(await runs.result(ref)).toMatchObject({ success: true, finalResponse: 'MARS', turns: 1 });
    expect(await runs.start({ fleet, run: 'first', task: 't', script: ANSWERS })).toEqual(ref);
    await expect(runs.start({ fleet, run: 'first', task: 'another', script: ASKS })).rejects.toMatchObject({
      code: 'IdempotencyConflict',
    });
    expect(await runs.describe(ref)).toMatchObject({
      state: 'completed',
      task: 't',
      startedAt: expect.any(String) as string,
      endedAt: expect.any(String) as string,
      startedBy: expect.stringContaining('@') as string,
      result: { finalResponse: 'MARS' },
    });
    const { items } = await eventually(
      () => runs.list({ fleet }),
      ({ items: found }) => found[0]?.state === 'completed',
    );
    expect(items).toEqual([
      {
        fleet,
        run: 'first',
        state: 'completed',
        startedAt: expect.any(String) as string,
        problem: null,
        endedAt: expect.any(String) as string,
      },
    ]);
  });
});

it('says that a fleet is still being made, rather than that its file has no topology', async () => {
  await withFleet(
    env,
    async (world) => {
      const { fleets, runs } = DroverClient.over(env.client, world.taskQueue);
      const { changeId, revision } = await fleets.apply(world.fleet, { spec: fleetOf(['Asker'], { topology }) });
      await expect(runs.start({ fleet: world.fleet, task: 't' })).rejects.toMatchObject({
        code: 'ChangeInProgress',
        message: expect.stringContaining('revision 1 is still being made') as string,
        details: { changeId, revision },
      });
      await eventually(
        () => fleets.cancel(world.fleet, { revision }).catch(() => null),
        (cancelled) => cancelled !== null,
      );
      await fleets.follow(world.fleet, { changeId: changeId ?? '', revision });
      await expect(runs.start({ fleet: world.fleet, task: 't' })).rejects.toMatchObject({
        code: 'InvalidRequest',
        message: expect.stringContaining('add spec.topology to its file') as string,
      });
    },
    { silent: ['Asker'] },
  );
});

it('lists runs by their state, those that were ended from outside too', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const start = (run: string, script: Script) => runs.start({ fleet, run, task: `task of ${run}`, script });
    await runs.result(await start('good', ANSWERS));
    expect((await runs.result(await start('bad', { Asker: [{ action: 'fail', error: 'cannot' }] }))).success).toBe(
      false,
    );
    await start('held', ASKS);
    await runs.pause({ fleet, run: 'held' });
    await start('asking', ASKS);
    await runs.cancel(await start('stopped', ASKS));
    await runs.follow({ fleet, run: 'stopped' });
    await start('killed', ASKS);
    const killed = env.client.workflow.getHandle(runWorkflowId(fleet, 'killed'));
    await killed.terminate('by a test');
    const named = async (state: RunListItem['state']) =>
      (await runs.list({ fleet, state })).items.map(({ run }) => run);
    const all = async () => ({
      completed: await named('completed'),
      failed: (await named('failed')).sort(),
      paused: await named('paused'),
      running: await named('running'),
      cancelled: await named('cancelled'),
      unknown: await named('unknown'),
    });
    const wished = {
      completed: ['good'],
      failed: ['bad', 'killed'],
      paused: ['held'],
      running: ['asking'],
      cancelled: ['stopped'],
      unknown: [],
    };
    const found = await eventually(all, (now) => JSON.stringify(now) === JSON.stringify(wished));
    expect(found).toEqual(wished);
    // The state and the time of the change are written once per activation that changes one, and the task is the summary.
    const { events } = await env.client.workflow.getHandle(runWorkflowId(fleet, 'good')).fetchHistory();
    const upserts = events?.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes) ?? [];
    expect(upserts).toHaveLength(2);
    expect(await killed.describe().then((description) => description.staticSummary())).toBe('task of killed');
  });
});

it('names a run that has no name', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const ref = await runs.start({ fleet, task: 't', script: ANSWERS });
    expect(ref.run).toMatch(/^run-[0-9a-f]{20}$/);
    expect(await runs.result(ref)).toMatchObject({ success: true });
  });
});

it('returns every turn if it is asked to', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const ref = await runs.start({ fleet, task: 'the task', script: ANSWERS, trace: true });
    const { trace } = await runs.result(ref);
    expect(trace).toEqual([expect.objectContaining({ agent: 'Asker', input: { kind: 'task', value: 'the task' } })]);
  });
});

it('answers its question', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const ref = await runs.start({ fleet, task: 't', script: ASKS });
    const asked = await eventually(
      () => runs.describe(ref),
      ({ question }) => question !== null,
    );
    expect(asked.question).toMatchObject({ question: 'Which word?', agent: 'Asker' });
    await runs.answer(ref, 'MARS', 'Which word?');
    expect(await runs.result(ref)).toMatchObject({ success: true, finalResponse: 'thanks' });
  });
});

it('pauses, resumes and cancels it', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const ref = await runs.start({ fleet, task: 't', script: ASKS });
    expect(await runs.pause(ref)).toMatchObject({ state: 'paused' });
    expect(await runs.resume(ref)).toMatchObject({ state: 'running' });
    await runs.cancel(ref, 'changed my mind');
    const ended = await runs.follow(ref);
    // At once it is cancelled, and a little later it has ended.
    expect(ended).toMatchObject({ state: 'cancelled', result: { success: false } });
  });
});

it('refuses every command to a run that is over, as its workflow would', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const ref = await runs.start({ fleet, run: 'over', task: 't', script: ANSWERS });
    await runs.result(ref);
    const commands = [runs.pause(ref), runs.resume(ref), runs.cancel(ref), runs.answer(ref, 'late')];
    const refusal = {
      code: 'RuntimeStateError',
      message: `run ${fleet}/over is over (completed)`,
      details: { current: { state: 'completed' } },
    };
    await Promise.all(commands.map((command) => expect(command).rejects.toMatchObject(refusal)));
  });
});

it('has failed when its workflow was terminated from outside, also for a caller that follows it', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const ref = await runs.start({ fleet, run: 'pulled', task: 't', script: ASKS });
    await eventually(
      () => runs.describe(ref),
      ({ question }) => question !== null,
    );
    const followed = runs.result(ref, { timeoutMs: PATIENCE_MS });
    await env.client.workflow.getHandle(runWorkflowId(fleet, 'pulled')).terminate('by mistake');
    const result = {
      success: false,
      finalResponse: null,
      error: expect.stringMatching(/pulled was terminated at .*"by mistake".*another name/) as string,
      // As far as the run has counted them.
      turns: expect.any(Number) as number,
      branches: [
        {
          id: '0',
          parent: null,
          agents: ['Asker'],
          turns: expect.any(Number) as number,
          outcome: 'abandoned',
          error: null,
        },
      ],
      barriers: [],
    };
    expect(await followed).toEqual(result);
    const view = await runs.describe(ref);
    expect(view).toMatchObject({ state: 'failed', question: null, result });
    expect(view.branches).toMatchObject([{ outcome: 'abandoned', endedAt: expect.any(String) as string }]);
    await expect(runs.pause(ref)).rejects.toMatchObject({ code: 'RuntimeStateError' });
  });
});

it('is listed in the state that it is in', async () => {
  await withTopology(async ({ runs }, fleet) => {
    const refs = await Promise.all([
      runs.start({ fleet, run: 'failed', task: 't', script: { Asker: [{ action: 'fail', error: 'no' }] } }),
      ...['running', 'paused', 'resumed', 'cancelled'].map((run) =>
        runs.start({ fleet, run, task: 't', script: ASKS }),
      ),
    ]);
    const [failed, running, paused, resumed, cancelled] = refs.map(({ run }) => ({ fleet, run }));
    if (!failed || !running || !paused || !resumed || !cancelled) throw new Error('runs are missing');
    await Promise.all([runs.result(failed), runs.pause(paused), runs.pause(resumed), runs.cancel(cancelled)]);
    await Promise.all([runs.resume(resumed), runs.follow(cancelled)]);
    const listed = async () => {
      const { items } = await runs.list({ fleet });
      return Object.fromEntries(items.map(({ run, state, endedAt }) => [run, `${state}${endedAt ? ', ended' : ''}`]));
    };
    const wished = {
      failed: 'failed, ended',
      running: 'running',
      paused: 'paused',
      resumed: 'running',
      cancelled: 'cancelled, ended',
    };
    const isSo = (states: Readonly<Record<string, string>>) =>
      Object.entries(wished).every(([run, state]) => states[run] === state);
    expect(await eventually(listed, isSo)).toEqual(wished);
  });
});

it('knows what cannot be run', async () => {
  const { runs } = DroverClient.over(env.client, 'nobody');
  await expect(runs.start({ fleet: 'nowhere', run: 'a/b', task: 't' })).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: expect.stringContaining('invalid run name "a/b"') as string,
  });
  await expect(runs.start({ fleet: 'nowhere', task: 'x'.repeat(SIZE_LIMITS.value) })).rejects.toMatchObject({
    code: 'LimitReached',
    message: 'task is 262146 bytes, at most 262144 are allowed',
  });
  await expect(runs.start({ fleet: 'nowhere', task: 't' })).rejects.toMatchObject({ code: 'FleetNotFound' });
  await expect(runs.describe({ fleet: 'nowhere', run: 'none' })).rejects.toMatchObject({ code: 'RunNotFound' });
  await expect(runs.answer({ fleet: 'nowhere', run: 'none' }, 'x')).rejects.toMatchObject({ code: 'RunNotFound' });
  await withFleet(env, async (world) => {
    await world.apply(fleetOf(['a']));
    const client = DroverClient.over(env.client, world.taskQueue);
    await expect(client.runs.start({ fleet: world.fleet, task: 't' })).rejects.toMatchObject({
      code: 'InvalidRequest',
    });
  });
});
