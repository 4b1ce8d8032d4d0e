/** How a workflow ended. Asks Temporal only: no worker has to answer. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { EndKind, WorkflowEnd } from '../../contract/ends';
import { DroverError } from '../../contract/errors';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { lostText } from '../../rules/lib/ends';
import type { CallOptions } from './call-options';
import type { Subject } from './subject';

/**
 * Ends by Temporal's names of statuses. A workflow that continued as new is open, since the call is
 * about its last run.
 */
const KINDS: Readonly<Record<string, EndKind>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

/** The part of the client's calls that is needed here. */
interface Looking {
  readonly client: Client;
  within<T>(subject: Subject | null, options: CallOptions, call: () => Promise<T>): Promise<T>;
}

const NOT_THERE: WorkflowEnd = { how: 'missing', at: null, by: null, reason: null };

/** The end of the workflow; null while it is open. */
export async function endOf(calls: Looking, subject: Subject, options: CallOptions = {}): Promise<WorkflowEnd | null> {
  const handle = calls.client.workflow.getHandle(subject.workflowId);
  return calls.within(subject, options, async () => {
    try {
      const { status, closeTime, runId } = await handle.describe();
      const how = KINDS[status.name];
      if (how === undefined) return null;
      const known = { how, at: closeTime?.toISOString() ?? null, by: null, reason: null };
      return how === 'terminated' ? { ...known, ...(await whoEnded(calls, subject.workflowId, runId)) } : known;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return NOT_THERE;
      throw error;
    }
  });
}

/** Who terminated a workflow and why, from the last event of its history. */
async function whoEnded(
  { client }: Looking,
  workflowId: string,
  runId: string,
): Promise<Pick<WorkflowEnd, 'by' | 'reason'>> {
  const { workflowService, options } = client.workflow;
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace: options.namespace,
    execution: { workflowId, runId },
    historyEventFilterType: CLOSE_EVENT,
  });
  const { identity, reason } = history?.events?.at(-1)?.workflowExecutionTerminatedEventAttributes ?? {};
  return { by: said(identity), reason: said(reason) };
}

/** Temporal's `HistoryEventFilterType` for the last event alone. */
const CLOSE_EVENT = 2;

function said(text: string | null | undefined): string | null {
  return text ? boundedText(text, SHORT_BYTES) : null;
}

/**
 * The error for a workflow that has ended. `wayOn` says what to do if it was ended from outside.
 */
export function endedError(
  { kind, name, notFound: code }: Subject,
  end: WorkflowEnd,
  { ended, wayOn }: { readonly ended: string; readonly wayOn: string },
): DroverError {
  const isOwn = end.how === 'completed';
  const why = isOwn ? `no longer exists: ${ended}` : `is gone: ${lostText(end)}; ${wayOn}`;
  return new DroverError(code, `${kind} ${name} ${why}`, { [kind]: name, ...(isOwn ? {} : { end }) });
}

/** Awaits a call to a workflow. If the workflow has ended, the error says how, and what to do. */
export async function orEnded<T>(
  calls: Looking,
  subject: Subject,
  words: { readonly ended: string; readonly wayOn: string },
  call: Promise<T>,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof DroverError && error.code === subject.notFound)) throw error;
    const end = await endOf(calls, subject);
    throw end === null || end.how === 'missing' ? error : endedError(subject, end, words);
  }
}
