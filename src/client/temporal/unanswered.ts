/**
 * Why a workflow does not answer, as the server knows it. A workflow whose task fails (a defect, a history that this version cannot
 * replay) is repeated by the server until it works; meanwhile it answers neither queries nor updates.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowService } from '@temporalio/client';
import { DroverError } from '../../contract/errors';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
import { isoNow, monotonicMs, onWallClock } from '../../lib/clock';
import type { Subject } from './subject';
import { isoTime } from './timestamps';

/** A workflow whose task fails again and again; the `details.unanswered` of the error that a caller gets. */
export interface Unanswered {
  /** When the first of these failures was, ISO 8601. */
  readonly since: string;
  /** The failures in a row; 0 where only questions have met a history that cannot be replayed, which is no task of the workflow's own. */
  readonly failures: number;
  /** What the failure said. */
  readonly why: string;
}

/**
 * Failures in a row that count, whatever the cause. The task of a killed worker fails once, of one that was killed while it repeated
 * that, twice; the next worker then does it.
 */
const FAILURES = 2;
/**
 * A failure that a worker has reported counts alone, where the next attempt is still open a second later: an attempt that works takes
 * milliseconds. The SDK reports the first failure only and lets every further attempt time out, after 10 s.
 */
const CONFIRM_MS = 1_000;
/** Temporal's `WorkflowTaskFailedCause` of code that throws, and of a history that the code would not have made. */
const REPORTED_CAUSES: readonly unknown[] = [14, 24];
/** A call that has no answer by then is worth a look at its workflow: updates and queries take milliseconds, or a drain of 5 s. */
const LOOK_EVERY_MS = 3_000;
/** A look is two reads of the server. */
const LOOK_MS = 2_000;
/** Events at the end of a history among which the failed task is looked for: only messages to the workflow follow it. */
const EVENTS = 100;

type History = NonNullable<Awaited<ReturnType<WorkflowService['getWorkflowExecutionHistoryReverse']>>['history']>;
type TaskEvent = NonNullable<History['events']>[number];

/** Looks at a workflow; null where its task does not fail, or the server does not say within two seconds. */
export async function lookForFailures(client: Client, workflowId: string, runId?: string): Promise<Unanswered | null> {
  const execution = { workflowId, ...(runId === undefined ? {} : { runId }) };
  const seen = await failingTask(client, execution);
  if (seen === null || seen.failures >= FAILURES) return seen && unansweredBy(seen);
  if (!REPORTED_CAUSES.includes(seen.last?.workflowTaskFailedEventAttributes?.cause)) return null;
  await sleep(CONFIRM_MS, undefined, { ref: false });
  const again = await failingTask(client, execution);
  return again !== null && again.scheduled === seen.scheduled ? unansweredBy(again) : null;
}

/** A task of which attempts have failed. `last`: the event of the failure, where the history shows it; `scheduled` tells tasks apart. */
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
    // The attempt that is under way has not failed yet.
    const failures = Number(attempt ?? 1) - 1;
    if (failures < 1) return null;
    const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
      namespace: options.namespace,
      execution: described.workflowExecutionInfo?.execution ?? execution,
      maximumPageSize: EVENTS,
    });
    // Of failures in a row the server writes only the first one into the history.
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

/** A workflow that has had nothing to do since its history became one that the worker cannot replay: known since it was asked. */
export function notReplayed(why: string): Unanswered {
  return { since: isoNow(), failures: 0, why: boundedText(why, QUOTE_BYTES) };
}

/** What a caller hears: since when, why, and what to do about it. */
export function unansweredError(subject: Subject, unanswered: Unanswered, cause?: unknown): DroverError {
  const { since, failures, why } = unanswered;
  const reason =
    failures === 0
      ? 'its history cannot be replayed'
      : `its workflow task has failed ${failures === 1 ? 'once' : `${String(failures)} times`}`;
  const message = `${subject.kind} ${subject.name} does not answer since ${since}: ${reason} (${why}); it goes on by itself with a worker that can do it; else ${remedy(subject)}`;
  return new DroverError('Unavailable', message, { unanswered }, { cause });
}

/** Whether an error says that its workflow's task fails again and again. */
export function isUnanswered(error: unknown): error is DroverError {
  return error instanceof DroverError && error.details?.['unanswered'] !== undefined;
}

/** A worker that is replaced, by a version that can do the task again, is back within this. */
const LONG_MS = 30_000;

/** Whether it is no use to wait longer for it within a change: its task has failed for half a minute. `now` in epoch ms. */
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

/** Looks at the workflow every three seconds, until it is seen to fail or the signal aborts. Null: it was not. */
export async function watchForFailures(
  client: Client,
  workflowId: string,
  signal: AbortSignal,
): Promise<Unanswered | null> {
  for (;;) {
    await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return null;
    // A server that does not answer this either is what the call itself will tell.
    const found = await lookForFailures(client, workflowId).catch(() => null);
    if (found) return found;
  }
}
