/** The branch that runs within the workflow of its run, and its move to a workflow of its own (decision 41). */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { TurnCall } from '../../../src/contract/activities';
import { devServer } from '../../support/env';
import { eventually, untilCancelled, withAgents } from '../agent/harness';
import { byList, command, readyAgents, startRun, simulated, type TestRun, withRuns } from './harness';

const env = devServer();

const final = (response: unknown) => ({ action: 'final', response });
const invoke = (agent: string) => ({ action: 'invoke', invocations: [{ agent, request: 1 }] });

const hasWorkflow = (run: TestRun, id: string): Promise<boolean> =>
  run
    .branch(id)
    .describe()
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      },
    );

it('the only branch of Start runs within its run; those of a fan-out have workflows of their own', async () => {
  await withRuns(env, async (taskQueue) => {
    const script = { A: [invoke('B'), final('a')], B: [final('b')] };
    const one = await startRun(env, taskQueue, { topology: { flows: ['Start -> A', 'A <-> B'] }, script });
    expect(await one.result()).toMatchObject({ success: true, finalResponse: 'b', turns: 2 });
    expect(await hasWorkflow(one, '0')).toBe(false);

    const two = await startRun(env, taskQueue, {
      topology: { flows: ['Start -> A', 'Start -> B'] },
      script: { A: [final('a')], B: [final('b')] },
    });
    expect(await two.result()).toMatchObject({ success: true, turns: 2 });
    expect([await hasWorkflow(two, '0'), await hasWorkflow(two, '1')]).toEqual([true, true]);
  });
});

/** A reply that takes a timer, so that the history grows with each turn. */
const slow = <T extends object>(reply: T) => ({ ...reply, delay: '10ms' });
const HAND_OVERS = 12;
/** A and B hand over to each other; the last reply ends the chain. */
const chain = {
  topology: { flows: ['Start -> A', 'A -> B', 'B -> A'], rules: ['max_steps(100)'] },
  script: {
    A: [...Array.from({ length: HAND_OVERS / 2 }, () => slow(invoke('B'))), final('end')],
    B: Array.from({ length: HAND_OVERS / 2 }, () => slow(invoke('A'))),
  },
} as const;

it('it moves to a workflow of its own when the history is long, and ends as if it had not', async () => {
  await withRuns(env, async (taskQueue) => {
    const run = await startRun(env, taskQueue, { ...chain, trace: true, continueAfterEvents: 25 });
    expect(await run.result()).toEqual(await simulated({ ...chain }, true));
    expect(await hasWorkflow(run, '0')).toBe(true);
    const view = await run.view();
    expect(view.branches).toMatchObject([{ id: '0', turns: HAND_OVERS + 1, outcome: 'completed' }]);
    // The branch began with the run, not with its move.
    const { startTime } = await run.branch('0').describe();
    expect(Date.parse(view.branches[0]?.startedAt ?? '')).toBeLessThan(startTime.getTime());
  });
});

it('pauses, questions and the end of the run reach it after its move as before', async () => {
  await withAgents(env, async (world) => {
    await readyAgents(world, ['A', 'B']);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const replies = byList({
      A: [...Array.from({ length: 3 }, () => invoke('B')), { action: 'ask', question: 'more?' }, invoke('B')],
      B: Array.from({ length: 3 }, () => invoke('A')),
    });
    world.takeTurn = async (call: TurnCall) => {
      if (call.request.turnId === 'long/0/2') await held;
      if (call.request.turnId === 'long/0/9') return untilCancelled();
      return replies(call);
    };
    const { fleet, taskQueue } = world;
    const given = { fleet, run: 'long', topology: { flows: ['Start -> A', 'A <-> User', 'A -> B', 'B -> A'] } };
    const run = await startRun(env, taskQueue, { ...given, continueAfterEvents: 30 });
    await run.untilBranch('0', ({ agent, waitingFor }) => agent === 'B' && waitingFor === 'turn');
    expect(await hasWorkflow(run, '0')).toBe(false);
    await command(run, 'pause');
    release();
    await run.untilBranch('0', ({ state, turns }) => state === 'paused' && turns === 2);
    await command(run, 'resume');
    await eventually(run.view, ({ question }) => question?.question === 'more?');
    expect(await hasWorkflow(run, '0')).toBe(true);
    await command(run, 'answer', { value: 'yes' });
    await run.untilBranch('0', ({ turns, waitingFor }) => turns === 8 && waitingFor === 'turn');
    await command(run, 'cancel', { reason: 'enough' });
    const { error, branches, turns } = await run.result();
    expect(error).toBe('cancelled: enough');
    expect(branches).toMatchObject([{ id: '0', outcome: 'abandoned', turns: 8, error: 'cancelled: enough' }]);
    expect(turns).toBe(8);
  });
});

it('a place that another workflow has taken ends it at its move, with what it has done', async () => {
  await withRuns(env, async (taskQueue) => {
    const fleet = `taken-${taskQueue.slice(-8)}`;
    const other = { workflowId: `run/${fleet}/simulation/0`, taskQueue: `${taskQueue}-none` };
    await env.client.workflow.start('other', other);
    const run = await startRun(env, taskQueue, { fleet, ...chain, continueAfterEvents: 25 });
    const { branches, turns, error } = await run.result();
    expect(error).toMatch(/branch 0 \(A\) was lost: .*already/);
    expect(turns).toBeGreaterThan(1);
    expect(branches).toMatchObject([{ id: '0', outcome: 'failed', turns }]);
  });
});
