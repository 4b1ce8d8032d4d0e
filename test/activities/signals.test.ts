/** Messages between workflows: delivered, gone, or tried again. */
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { createSignalActivities } from '../../src/activities/signals';
import { asDroverError } from '../../src/client/temporal/errors';
import type { Subject } from '../../src/client/temporal/subject';
import { DroverError } from '../../src/contract/errors';

const call = { workflowId: 'run/mars/r/0', signal: 'turnAnswered', argument: { turnId: 't' } };

/** An activity whose client fails as Temporal's does. */
function failing(error: (subject: Subject) => DroverError) {
  return createSignalActivities({ typeOf: async () => 'agent', signal: (subject) => Promise.reject(error(subject)) });
}

it('sends the signal by name, with its argument', async () => {
  const sent: unknown[] = [];
  const signals = createSignalActivities({
    typeOf: async () => 'agent',
    signal: async ({ workflowId }, signal, argument) => void sent.push({ workflowId, signal, argument }),
  });
  expect(await signals.signalWorkflow(call)).toBe('delivered');
  expect(sent).toEqual([call]);
});

it('says that the receiver is gone, which is an answer and no failure', async () => {
  const signals = failing((subject) =>
    asDroverError(new WorkflowNotFoundError('no such workflow', call.workflowId, undefined), subject),
  );
  expect(await signals.signalWorkflow(call)).toBe('gone');
});

it('says the same of a receiver that takes no more', async () => {
  const signals = failing(
    () => new DroverError('InvalidRequest', 'exceeded workflow execution limit for signal events'),
  );
  expect(await signals.signalWorkflow(call)).toBe('gone');
});

it.each([
  ['a server that cannot be reached', new DroverError('Unavailable', 'Temporal cannot be reached'), false],
  ['an error that says nothing', new DroverError('Internal', 'who knows'), false],
  ['a call without an answer', new DroverError('Timeout', 'late'), false],
  ['a refusal of the message itself', new DroverError('InvalidRequest', 'blob too large'), true],
])('%s is a failure, tried again by the policy unless it is permanent', async (_what, error, nonRetryable) => {
  const failure: unknown = await failing(() => error)
    .signalWorkflow(call)
    .catch((caught: unknown) => caught);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: error.code, nonRetryable });
});
