/**
 * Finds why a workflow does not answer, from the server. The server retries a failing workflow task
 * (a defect, a history that this version cannot replay) until it succeeds. Until then the workflow
 * answers neither queries nor updates (decision 21).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowService } from '@temporalio/client';
import { DroverError } from '../../contract/errors';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
import { isoNow, monotonicMs, onWallClock } from '../../lib/clock';
import type { Subject } from './subject';
import { isoTime } from './timestamps';

/** A workflow whose task keeps failing; `details.unanswered` of the error for the caller. */
export interface Unanswered {
  /** The time of the first of these failures, ISO 8601. */
  readonly since: string;
  /**
   * The failures in a row; 0 if only queries met a history that cannot be replayed, as they have no
   * workflow task.
   */
  readonly failures: number;
  /** The message of the failure. */
  readonly why: string;
}

/**
 * Failures in a row that count, with any cause. The task of a killed worker fails once, or twice if
 * a second worker is killed during the retry; the next worker completes it.
 */
const FAILURES = 2;
/**
 * A single failure that a worker reported counts if the next attempt is still open a second later:
 * an attempt that succeeds takes milliseconds. The SDK reports only the first failure and lets
 * every further attempt time out, after 10 s.
 */
const CONFIRM_MS = 1_000;
/** Temporal's `WorkflowTaskFailedCause` for code that throws, and for a nondeterminism error. */
const REPORTED_CAUSES: readonly unknown[] = [14, 24];
/**
 * After this time without an answer the call looks at its workflow: updates and queries take
 * milliseconds, or 5 s with a drain.
 */
const LOOK_EVERY_MS = 3_000;
/** The time for one look, which is two calls to the server. */
const LOOK_MS = 2_000;
/**
 * How many of the last events are searched for the failed task: only messages to the workflow
 * follow it.
 */
const EVENTS = 100;

type History = NonNullable<Awaited<ReturnType<WorkflowService['getWorkflowExecutionHistoryReverse']>>['history']>;
type TaskEvent = NonNullable<History['events']>[number];

/**
 * Looks at a workflow; null if its task does not fail, or if the server does not answer within two
 * seconds.
 */
export async function lookForFailures(client: Client, workflowId: string, runId?: string): Promise<Unanswered | null> {
  const execution = { workflowId, ...(runId === undefined ? {} : { runId }) };
  const seen = await failingTask(client, execution);
  if (seen === null || seen.failures >= FAILURES) return seen && unansweredBy(seen);
  if (!REPORTED_CAUSES.includes(seen.last?.workflowTaskFailedEventAttributes?.cause)) return null;
  await sleep(CONFIRM_MS, undefined, { ref: false });
  const again = await failingTask(client, execution);
  return again !== null && again.scheduled === seen.scheduled ? unansweredBy(again) : null;
}

/**
 * A task with failed attempts. `last` is the event of the failure, if the history has it;
 * `scheduled` tells tasks apart.
 */
interface FailingTask {
  readonly failures: number;
  readonly scheduled: string | null;
  readonly last: TaskEvent | undefined;
}

/** Null: no attempt of the pending task has failed. */
async function failingTask(
  client: Client,
  execution: { readonly workflowId: string; readonly runId?: string },
): Promise<FailingTask | null> {
  const { workflowService, options } = client.workflow;
  return client.connection.withDeadline(onWallClock(monotonicMs() + LOOK_MS), async () => {
    const described = await workflowService.describeWorkflowExecution({ namespace: options.namespace, execution });
    const { attempt, originalScheduledTime } = described.pendingWorkflowTask ?? {};
    // The current attempt has not failed yet.
    const failures = Number(attempt ?? 1) - 1;
    if (failures < 1) return null;
    const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
      namespace: options.namespace,
      execution: described.workflowExecutionInfo?.execution ?? execution,
      maximumPageSize: EVENTS,
    });
    // The server writes only the first of several failures in a row to the history.
    return { failures, scheduled: isoTime(originalScheduledTime), last: history?.events?.find(isFailedTask) };
  });
}

function unansweredBy({ failures, scheduled, last }: FailingTask): Unanswered {
  return { since: isoTime(last?.eventTime) ?? scheduled ?? isoNow(), failures, why: whyFailed(last) };
}

function isFailedTask({ workflowTaskFailedEventAttributes, workflowTaskTimedOutEventAttributes }: TaskEvent): boolean {
  return Boolean(workflowTaskFailedEventAttributes ?? workflowTaskTimedOutEventAttributes);
}

function whyFailed(event: TaskEvent | undefined): string {
  const failed = event?.workflowTaskFailedEventAttributes;
  if (!failed) return 'no worker finishes it in time';
  return boundedText(failed.failure?.message || 'without a reason', QUOTE_BYTES);
}

/**
 * A workflow that has been idle since its history became one that the worker cannot replay. It is
 * first seen by this query.
 */
export function notReplayed(why: string): Unanswered {
  return { since: isoNow(), failures: 0, why: boundedText(why, QUOTE_BYTES) };
}

/** The error for the caller: since when, why, and what to do. */
export function unansweredError(subject: Subject, unanswered: Unanswered, cause?: unknown): DroverError {
  const { since, failures, why } = unanswered;
  const reason =
    failures === 0
      ? 'its history cannot be replayed'
      : `its workflow task has failed ${failures === 1 ? 'once' : `${String(failures)} times`}`;
  const message = `${subject.kind} ${subject.name} does not answer since ${since}: ${reason} (${why}); it continues by itself once a worker can do the task; else ${remedy(subject)}`;
  return new DroverError('Unavailable', message, { unanswered }, { cause });
}

/** True if an error says that its workflow's task keeps failing. */
export function isUnanswered(error: unknown): error is DroverError {
  return error instanceof DroverError && error.details?.['unanswered'] !== undefined;
}

/** A worker that is being replaced by a fixed version is back within this. */
const LONG_MS = 30_000;

/**
 * True if the task has failed for half a minute, so that a change stops waiting for it. `now` in
 * epoch ms.
 */
export function isUnansweredForLong(error: DroverError, now: number): boolean {
  const unanswered = error.details?.['unanswered'];
  if (typeof unanswered !== 'object' || unanswered === null || !('since' in unanswered)) return false;
  return now - Date.parse(String(unanswered.since)) >= LONG_MS;
}

function remedy({ kind, name, workflowId }: Subject): string {
  const [fleet = name] = name.split(/[/ ]/);
  const end = `end it (temporal workflow terminate -w ${workflowId})`;
  switch (kind) {
    case 'agent':
    case 'fleet':
      return `${end} and apply fleet ${fleet} again`;
    case 'change':
      return `give the change up with drover cancel ${fleet}`;
    case 'pool':
      return `${end} and apply a fleet that describes pool ${name}`;
    case 'run':
    case 'workflow':
      return end;
  }
}

/**
 * Looks at the workflow every three seconds until its task keeps failing, or the signal aborts;
 * then it returns null.
 */
export async function watchForFailures(
  client: Client,
  workflowId: string,
  signal: AbortSignal,
): Promise<Unanswered | null> {
  for (;;) {
    await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return null;
    // If the server does not answer this either, the call itself reports it.
    const found = await lookForFailures(client, workflowId).catch(() => null);
    if (found) return found;
  }
}
