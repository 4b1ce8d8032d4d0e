/** Runs a task of a fleet from a user's own workflow. */
import {
  ApplicationFailure,
  defaultPayloadConverter,
  type Payload,
  RawValue,
  rawValueTypeInfo,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import {
  CancelledFailure,
  CancellationScope,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  uuid4,
} from '@temporalio/workflow';
import { DroverError } from '../contract/errors';
import { DEFAULT_QUEUE_PREFIX, queues, RUN_WORKFLOW, runWorkflowId } from '../contract/names';
import type { RunResult, RunStart } from '../contract/run';
import { taskSummary } from '../contract/run/summary';
import { keywords } from '../contract/search-attributes';
import { asFailure, errorBody } from '../workflows/shared/failures';

/** The options of `runTask`. */
export interface RunTaskOptions extends Pick<RunStart, 'topology' | 'notify' | 'script' | 'trace'> {
  /** The name of the run: 1 to 63 letters, digits, "-" or "_". A random one unless given. */
  readonly run?: string;
  /** The prefix of Drover's task queues (`DROVER_QUEUE_PREFIX`), `drover` unless given. */
  readonly queuePrefix?: string;
}

/** Hexadecimal digits of a random name: two of a billion collide with a chance of 1 in a million. */
const NAME_DIGITS = 20;

/**
 * Runs a task over the topology of a fleet, as a child workflow on Drover's task queue, and returns
 * its result. A task that fails is a result with `success: false`. A run that cannot start, or that
 * is ended from outside, is an `ApplicationFailure` whose `type` is one of Drover's error codes:
 * `FleetNotFound`, `InvalidRequest`, `ChangeInProgress`, `IdempotencyConflict` for a name in use,
 * `Internal`. A cancellation of the caller's scope cancels the run, waits until it has withdrawn and
 * undone its turns, and is thrown as `CancelledFailure`. The caller's payload converter is not used.
 *
 * @example
 * ```ts
 * import { runTask } from 'drover/workflow';
 *
 * export async function publish(topic: string): Promise<unknown> {
 *   const { success, finalResponse, error } = await runTask('mars', `Write about ${topic}`);
 *   if (!success) throw ApplicationFailure.nonRetryable(error ?? 'it failed');
 *   return finalResponse;
 * }
 * ```
 */
export async function runTask(fleet: string, task: unknown, options: RunTaskOptions = {}): Promise<RunResult> {
  const { queuePrefix = DEFAULT_QUEUE_PREFIX, run = randomName(), ...more } = options;
  const start: RunStart = { v: 1, fleet, run, task, ...more };
  const ended = await executeChild<(input: RawValue) => Promise<RawValue>>(RUN_WORKFLOW, {
    workflowId: runWorkflowId(fleet, run),
    taskQueue: queues.main(queuePrefix),
    args: [new RawValue(start)],
    typeInfo: { inputTypes: [rawValueTypeInfo], outputType: rawValueTypeInfo },
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    typedSearchAttributes: keywords({ DroverFleet: fleet, DroverRunState: 'running' }),
    staticSummary: taskSummary(task),
  }).catch((error: unknown) => {
    throw failureOf(error, `${fleet}/${run}`);
  });
  // A cancelled run ends with a result; its caller must see its own cancellation.
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(`run ${fleet}/${run} was cancelled`);
  return resultIn(ended.payload);
}

function randomName(): string {
  return `run-${uuid4().replaceAll('-', '').slice(0, NAME_DIGITS)}`;
}

function resultIn(payload: Payload): RunResult {
  return defaultPayloadConverter.fromPayload<RunResult>(payload);
}

function failureOf(error: unknown, name: string): Error {
  if (isCancellation(error)) return error instanceof Error ? error : new CancelledFailure(`run ${name} was cancelled`);
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    const message = `a run ${name} exists already; give this one another name`;
    return asFailure(new DroverError('IdempotencyConflict', message));
  }
  const { code, message, details } = errorBody(error);
  return ApplicationFailure.create({
    type: code,
    message: `run ${name}: ${message}`,
    nonRetryable: true,
    details: [{ code, message, ...(details === undefined ? {} : { details }) }],
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
