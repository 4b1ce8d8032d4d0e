import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { BRANCH_WORKFLOW, RUN_WORKFLOW } from '../../src/contract/names';
import { devServer } from '../support/env';
import { command, startRun, withRuns } from './run-harness';

const env = devServer();

const topology = { flows: ['Start -> A', 'A <-> B', 'A <-> C'] };
const slow = {
  A: [
    { action: 'invoke', invocations: ['B', 'C'].map((agent) => ({ agent, request: 'go' })) },
    { action: 'final', response: 'done' },
  ],
  B: [{ action: 'final', response: 'b', delay: '8s' }],
  C: [{ action: 'final', response: 'c', delay: '8s' }],
};

const bytes = (text: string) => Buffer.from(text, 'utf8');
/** What no converter of ours can read. */
const PAYLOADS: readonly temporal.api.common.v1.IPayload[] = [
  { metadata: { encoding: bytes('json/plain') }, data: bytes('{"half":') },
  { metadata: { encoding: bytes('binary/odd') }, data: Buffer.from([0, 1, 2, 255]) },
  { data: bytes('{}') },
  {},
];

async function sendRaw(handle: WorkflowHandle, signalName: string, payload: temporal.api.common.v1.IPayload) {
  await env.client.workflowService.signalWorkflowExecution({
    namespace: env.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    signalName,
    input: { payloads: [payload] },
  });
}

const SIGNALS = {
  run: [
    'questionAsked',
    'questionWithdrawn',
    'branchSuspended',
    'branchResumed',
    'branchesChanged',
    'turnRequested',
    'turnWithdrawn',
    'nonsense',
    'pause',
  ],
  branch: ['turnAnswered', 'turnSuspended', 'turnResumed', 'answerGiven', 'stopRequested', 'nonsense'],
};
const WRONG: unknown[] = [
  undefined,
  null,
  7,
  'text',
  [],
  {},
  { turnId: 1 },
  { turnId: 'x', outcome: {} },
  { turnId: 'x', outcome: { reply: 1 }, more: 1 },
  { turnId: 'nobody', outcome: { reply: { action: 'final', response: 'forged' } } },
  { questionId: 'nobody', value: 1 },
  { kind: 'explode' },
  { branch: 7 },
  { branches: [{ id: '0' }] },
];

it('nothing that a stranger sends stops a run or a branch', async () => {
  await withRuns(env, async (taskQueue) => {
    const run = await startRun(env, taskQueue, { topology, script: slow });
    await run.untilBranch('0', ({ barrier }) => barrier !== null);
    for (const [handle, names] of [
      [run.handle, SIGNALS.run],
      [run.branch('0'), SIGNALS.branch],
      [run.branch('0.1'), SIGNALS.branch],
    ] as const) {
      for (const name of names) {
        for (const wrong of WRONG) await handle.signal(name, wrong);
        for (const payload of PAYLOADS) await sendRaw(handle, name, payload);
      }
    }
    expect(await command(run, 'pause')).toMatchObject({ state: 'paused' });
    await command(run, 'resume');
    expect(await run.result()).toMatchObject({ success: true, finalResponse: 'done', turns: 4 });
  });
});

it.each([
  ['a run', RUN_WORKFLOW, { v: 1, fleet: 'f' }, 'InvalidRequest'],
  ['a run', RUN_WORKFLOW, { v: 1, fleet: 'f', run: 'r', task: 1, topology: { flows: ['A -> B'] } }, 'InvalidFleet'],
  ['a branch', BRANCH_WORKFLOW, { v: 1, context: {} }, 'InvalidRequest'],
  ['a branch', BRANCH_WORKFLOW, undefined, 'InvalidRequest'],
])('%s that is given none fails at once', async (_, type, input, code) => {
  await withRuns(env, async (taskQueue) => {
    const handle = await env.client.workflow.start(type, { workflowId: `none-${taskQueue}`, taskQueue, args: [input] });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: code, nonRetryable: true } });
  });
});
