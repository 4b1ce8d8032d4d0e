/** Starts a run's workflow under its name, once. A name that belongs to another task is refused. */
import { defaultPayloadConverter, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { DroverError } from '../../contract/errors';
import { RUN_WORKFLOW } from '../../contract/names';
import { keywords } from '../../contract/search-attributes';
import type { RunInput } from '../../contract/run';
import { taskSummary } from '../../contract/run/summary';
import { fingerprint } from '../../rules/lib/fingerprint';
import { isRecord } from '../../rules/lib/parse';
import type { Calls } from '../temporal/calls';
import type { CallOptions } from '../temporal/call-options';
import { type RunRef, runSubject } from '../temporal/subject';

/**
 * Starts the run, or finds that it was already started. `IdempotencyConflict` if its name belongs
 * to another task.
 */
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
        typedSearchAttributes: keywords({ DroverFleet: input.fleet, DroverRunState: 'running' }),
        staticSummary: taskSummary(input.task),
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

/**
 * A fingerprint of the caller's request. Topology and webhooks come from the fleet, which may have
 * changed.
 */
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

/**
 * The input of a workflow, from its history: this works for ended runs, and for runs that other
 * processes started.
 */
async function firstInput(calls: Calls, workflowId: string): Promise<unknown> {
  const [payload] = (await firstEvent(calls, workflowId))?.input?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

/** The client that started a run, as `process@host`; null if its history does not say so. */
export async function starterOf(calls: Calls, ref: RunRef, options: CallOptions = {}): Promise<string | null> {
  const subject = runSubject(ref);
  return calls.within(subject, options, async () => (await firstEvent(calls, subject.workflowId))?.identity ?? null);
}

/** The attributes of the event that began a workflow. */
async function firstEvent({ client }: Calls, workflowId: string) {
  const { workflowService, options } = client.workflow;
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace: options.namespace,
    execution: { workflowId },
    maximumPageSize: 1,
  });
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes;
}
