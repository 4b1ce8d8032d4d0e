/** Starts a run's workflow under its name, once: a name that another task has is refused. */
import { defaultPayloadConverter, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { DroverError } from '../contract/errors';
import { RUN_WORKFLOW } from '../contract/names';
import { keywords } from '../contract/search-attributes';
import type { RunInput } from '../contract/run';
import { fingerprint } from '../rules/lib/fingerprint';
import { isRecord } from '../rules/lib/parse';
import type { Calls } from './temporal/calls';
import type { CallOptions } from './temporal/call-options';
import { runSubject } from './temporal/subject';

/** Starts the run, or finds that it was started before. `IdempotencyConflict` where its name is that of another task. */
export async function startRun(
  calls: Calls,
  taskQueue: string,
  input: RunInput,
  options: CallOptions = {},
): Promise<void> {
  const subject = runSubject(input);
  const isNew = await calls.within(subject, options, () =>
    calls.client.workflow
      .start(RUN_WORKFLOW, {
        workflowId: subject.workflowId,
        taskQueue,
        args: [input],
        typedSearchAttributes: keywords({ DroverFleet: input.fleet }),
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      })
      .then(() => true)
      .catch((error: unknown) => {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }),
  );
  if (isNew) return;
  const before = await calls.within(subject, options, () => firstInput(calls, subject.workflowId));
  if (isRecord(before) && taskOf(before) === taskOf(input)) return;
  const { fleet, run } = input;
  throw new DroverError(
    'IdempotencyConflict',
    `run ${subject.name} was started with another task, script or trace; ` +
      'give this one another name (or Idempotency-Key), or repeat the earlier one as it was',
    { fleet, run },
  );
}

/** What a caller asked for. Topology and webhooks are the fleet's, which may have changed since. */
function taskOf({
  task,
  script,
  trace,
}: {
  readonly task?: unknown;
  readonly script?: unknown;
  readonly trace?: unknown;
}) {
  return fingerprint('run', { task, script, trace: trace === true });
}

/** What a workflow was started with, as its history says: it is there for ended runs, and for those that others have started. */
async function firstInput({ client }: Calls, workflowId: string): Promise<unknown> {
  const { workflowService, options } = client.workflow;
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace: options.namespace,
    execution: { workflowId },
    maximumPageSize: 1,
  });
  const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
