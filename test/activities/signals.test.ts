/** Messages between workflows: delivered, gone, or tried again. */
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { createSignalActivities } from '../../src/activities/signals';
import { asDroverError } from '../../src/client/errors';
import type { Subject } from '../../src/client/subject';
import { DroverError } from '../../src/contract/errors';

const call = { workflowId: 'run/mars/r/0', signal: 'turnAnswered', argument: { turnId: 't' } };

/** An activity whose client fails as Temporal's does. */
function failing(error: (subject: Subject) => DroverError) {
  return createSignalActivities({ signal: (subject) => Promise.reject(error(subject)) });
}

it('sends the signal by name, with its argument', async () => {
  const sent: unknown[] = [];
  const signals = createSignalActivities({
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

it.each([
  [
    'a server that cannot be reached is tried again',
    new DroverError('Unavailable', 'Temporal cannot be reached'),
    false,
  ],
  ['what the server does not take is not', new DroverError('Internal', 'too many signals'), true],
])('%s', async (_what, error, nonRetryable) => {
  const failure: unknown = await failing(() => error)
    .signalWorkflow(call)
    .catch((caught: unknown) => caught);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: error.code, nonRetryable });
});
