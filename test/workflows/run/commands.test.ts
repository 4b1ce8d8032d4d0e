import type { RunResult, RunView } from '../../../src/contract/run';
import { devServer } from '../../support/env';
import { eventually } from '../agent/harness';
import { command, refused, startRun, withRuns } from './harness';

const env = devServer();

const PAIR = { flows: ['Start -> A', 'A <-> B', 'A <-> C', 'A -> User', 'B -> User', 'A -> End'] };
const fanOut = { action: 'invoke', invocations: ['B', 'C'].map((agent) => ({ agent, request: 'go' })) };
const end = { action: 'final', response: 'done' };

const open = (view: RunView) => view.branches.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);

describe('pause and resume', () => {
  it('holds every branch at its turn boundary, and goes on as if nothing had happened', async () => {
    await withRuns(env, async (taskQueue) => {
      const reply = { action: 'final', response: 'r', delay: '1s' };
      const script = { A: [fanOut, { ...end, delay: '1s' }], B: [reply], C: [reply] };
      const run = await startRun(env, taskQueue, { topology: PAIR, script });
      await eventually(run.view, (view) => open(view).length === 3);
      expect(await command(run, 'pause')).toMatchObject({ state: 'paused' });
      expect(await refused(run, 'pause')).toMatchObject({ code: 'RuntimeStateError' });
      // Turns in flight end, the barrier fires, and then A would take its next turn.
      await eventually(run.view, (view) => open(view).length === 1);
      await run.untilBranch('0', ({ state, waitingFor }) => state === 'paused' && waitingFor === null);
      expect(await run.view()).toMatchObject({ state: 'paused', result: null });
      expect(await command(run, 'resume')).toMatchObject({ state: 'running' });
      expect(await refused(run, 'resume')).toMatchObject({ code: 'RuntimeStateError' });
      expect(await run.result()).toMatchObject({ success: true, finalResponse: 'done', turns: 4 });
    });
  });

  it('starts branches paused that a barrier starts during a pause', async () => {
    await withRuns(env, async (taskQueue) => {
      const topology = { ...PAIR, rules: ['max_agents(1)'] };
      const script = { A: [fanOut, end], B: [{ ...end, delay: '1s' }], C: [end] };
      const run = await startRun(env, taskQueue, { topology, script });
      await eventually(run.view, (view) => open(view).includes('0.0'));
      await command(run, 'pause');
      const waiting = await eventually(
        () => run.branchView('0.1').catch(() => null),
        (view) => view !== null,
      );
      expect(waiting).toMatchObject({ state: 'paused', agent: 'C', turns: 0 });
      await command(run, 'resume');
      expect(await run.result()).toMatchObject({ success: true });
    });
  });
});

describe('cancel', () => {
  const slow = { A: [fanOut], B: [{ ...end, delay: '1h' }], C: [end] };
  const expectCancelled = (result: RunResult, error: string) => {
    expect(result).toMatchObject({ success: false, finalResponse: null, error });
    const outcomes = result.branches.map(({ id, outcome }) => `${id} ${outcome}`);
    expect(outcomes).toEqual(['0 abandoned', '0.0 abandoned', '0.1 completed']);
  };

  it('ends every branch and says why', async () => {
    await withRuns(env, async (taskQueue) => {
      const run = await startRun(env, taskQueue, { topology: PAIR, script: slow });
      await run.untilBranch('0', ({ barrier }) => barrier?.arrived.length === 1);
      expect(await command(run, 'cancel', { reason: 'enough' })).toMatchObject({ state: 'cancelled' });
      expectCancelled(await run.result(), 'cancelled: enough');
      expect(await run.view()).toMatchObject({ state: 'cancelled', result: { success: false } });
    });
  });

  it('works by cancelling the workflow too, and while paused', async () => {
    await withRuns(env, async (taskQueue) => {
      const run = await startRun(env, taskQueue, { topology: PAIR, script: slow });
      await run.untilBranch('0', ({ barrier }) => barrier?.arrived.length === 1);
      await command(run, 'pause');
      await run.handle.cancel();
      expectCancelled(await run.result(), 'cancelled');
    });
  });
});

it('refuses an answer without a question, and one without a value', async () => {
  await withRuns(env, async (taskQueue) => {
    const run = await startRun(env, taskQueue, { topology: PAIR, script: { A: [{ ...end, delay: '2s' }] } });
    expect(await refused(run, 'answer', { value: 1 })).toMatchObject({ code: 'InvalidRequest' });
    expect(await refused(run, 'answer', {})).toMatchObject({ code: 'InvalidRequest' });
    await run.result();
  });
});
