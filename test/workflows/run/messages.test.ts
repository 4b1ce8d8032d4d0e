import { BRANCH_WORKFLOW, RUN_WORKFLOW } from '../../../src/contract/names';
import { devServer } from '../../support/env';
import { failedTasks, sendEverything } from '../../support/strangers';
import { command, startRun, withRuns } from './harness';

const env = devServer();

const topology = { flows: ['Start -> A', 'A <-> B', 'A <-> C'] };
const slow = {
  A: [
    { action: 'invoke', invocations: ['B', 'C'].map((agent) => ({ agent, request: 'go' })) },
    { action: 'final', response: 'done' },
  ],
  B: [{ action: 'final', response: 'b' }],
  C: [{ action: 'final', response: 'c', delay: '1h' }],
};

const OF_BRANCHES = ['turnAnswered', 'turnSuspended', 'turnResumed', 'answerGiven', 'stopRequested', 'nonsense'];
const SIGNALS = {
  // The first branch runs within the workflow of the run.
  run: [
    ...OF_BRANCHES,
    'questionAsked',
    'questionWithdrawn',
    'branchSuspended',
    'branchResumed',
    'branchesChanged',
    'turnRequested',
    'turnWithdrawn',
    'pause',
  ],
  branch: OF_BRANCHES,
};
const WRONG: unknown[] = [
  { turnId: 1 },
  { turnId: 'x', outcome: {} },
  { turnId: 'x', outcome: { reply: 1 }, more: 1 },
  { turnId: 'nobody', outcome: { reply: { action: 'final', response: 'forged' } } },
  { questionId: 'nobody', value: 1 },
  { kind: 'explode' },
  { branches: [{ id: '0' }] },
];

it('nothing that a stranger sends stops a run or a branch', async () => {
  await withRuns(env, async (taskQueue) => {
    const run = await startRun(env, taskQueue, { topology, script: slow });
    await run.untilBranch('0', ({ barrier }) => barrier?.arrived.length === 1);
    for (const [handle, names] of [
      [run.handle, SIGNALS.run],
      [run.branch('0.1'), SIGNALS.branch],
    ] as const) {
      for (const name of names) for (const wrong of WRONG) await handle.signal(name, wrong);
      await sendEverything(env, handle, names);
    }
    expect(await command(run, 'pause')).toMatchObject({ state: 'paused' });
    await command(run, 'resume');
    await command(run, 'cancel');
    const { error, branches } = await run.result();
    expect(error).toBe('cancelled');
    expect(branches.map(({ outcome }) => outcome)).toEqual(['abandoned', 'completed', 'abandoned']);
    for (const handle of [run.handle, run.branch('0.1')]) expect(await failedTasks(handle)).toBe(0);
  });
});

it('an answer that comes twice, or too late, changes nothing', async () => {
  await withRuns(env, async (taskQueue) => {
    const script = {
      A: [{ action: 'invoke', invocations: [{ agent: 'B', request: 'go' }] }],
      B: [{ action: 'final', response: 'b', delay: '2s' }],
    };
    const run = await startRun(env, taskQueue, { topology, script });
    await run.untilBranch('0', ({ agent }) => agent === 'B');
    const late = { turnId: 'simulation/0/1', outcome: { reply: { action: 'final', response: 'late' } } };
    await run.handle.signal('turnAnswered', late);
    await run.handle.signal('turnAnswered', late);
    expect(await run.result()).toMatchObject({ success: true, finalResponse: 'b', turns: 2 });
  });
});

const NONE = 'run/f/none';

it.each([
  ['a run', RUN_WORKFLOW, { v: 1, fleet: 'f' }, 'InvalidRequest', NONE],
  [
    'a run',
    RUN_WORKFLOW,
    { v: 1, fleet: 'f', run: 'none', task: 1, topology: { flows: ['A -> B'] } },
    'InvalidFleet',
    NONE,
  ],
  ['a branch', BRANCH_WORKFLOW, { v: 1, context: {} }, 'InvalidRequest', `${NONE}/0`],
  ['a branch', BRANCH_WORKFLOW, undefined, 'InvalidRequest', `${NONE}/0`],
])('%s that is given none fails at once', async (_, type, input, code, workflowId) => {
  await withRuns(env, async (taskQueue) => {
    const handle = await env.client.workflow.start(type, { workflowId, taskQueue, args: [input] });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: code, nonRetryable: true } });
  });
});
