/** How a workflow ended, from Temporal alone: no worker has to answer. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { EndKind, WorkflowEnd } from '../../contract/ends';
import { DroverError } from '../../contract/errors';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { lostText } from '../../rules/lib/ends';
import type { CallOptions } from './call-options';
import type { Subject } from './subject';

/** Temporal's names of statuses; one that continued as new is open, as its last run is what is asked about. */
const KINDS: Readonly<Record<string, EndKind>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};

/** What a look at a workflow's end needs of the client's calls. */
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

/** What the last event of its history says. */
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

/** What exists no more: `wayOn` says what to do where it was not its owner that ended it. */
export function endedError(
  { kind, name, notFound: code }: Subject,
  end: WorkflowEnd,
  { ended, wayOn }: { readonly ended: string; readonly wayOn: string },
): DroverError {
  const isOwn = end.how === 'completed';
  const why = isOwn ? `does not exist any more: ${ended}` : `is not there: ${lostText(end)}; ${wayOn}`;
  return new DroverError(code, `${kind} ${name} ${why}`, { [kind]: name, ...(isOwn ? {} : { end }) });
}

/** A call to something that must be there; where it is not any more, the error says how it ended, and what to do. */
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
