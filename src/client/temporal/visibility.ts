/** Lists, from Temporal's visibility: one call, eventually consistent. */
import { createHash } from 'node:crypto';
import { defaultPayloadConverter, type WorkflowService } from '@temporalio/client';
import { DroverError } from '../../contract/errors';
import type { SEARCH_ATTRIBUTES } from '../../contract/names';
import type { Calls } from './calls';
import type { CallOptions } from './call-options';
import { isoTime } from './timestamps';

/** One page of a list. `nextPageToken` null: that was the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string | null;
}

/** Which page of a list; `pageSize` is 200 unless given, at most 1,000. */
export interface PageOptions extends CallOptions {
  readonly pageSize?: number;
  readonly pageToken?: string;
}

type Execution = NonNullable<Awaited<ReturnType<WorkflowService['listWorkflowExecutions']>>['executions']>[number];
type AttributeName = keyof typeof SEARCH_ATTRIBUTES | typeof PROBLEMS;

/**
 * Where the server says that a workflow's task fails: Temporal 1.30 and later, after as many failures as its setting
 * `system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute` says (5 by default, 2 under `drover up`).
 */
const PROBLEMS = 'TemporalReportedProblems';
/** How the value begins that names the cause: `cause=WorkflowTaskFailedCauseNonDeterministicError`. */
const CAUSE = /^cause=(?:WorkflowTaskFailedCause|WorkflowTaskTimedOutCause)?/;

/** What visibility knows of a workflow. */
export interface Listed {
  readonly workflowId: string;
  /** Temporal's `WorkflowExecutionStatus`. */
  readonly status: number;
  /** ISO 8601. */
  readonly startedAt: string | null;
  readonly closedAt: string | null;
  /** The values of one of our search attributes; empty where it is not set. */
  readonly attribute: (name: AttributeName) => readonly string[];
  /** A value of its memo; undefined where it is not set. */
  readonly memo: (name: string) => unknown;
  /** Why it does not answer, where it runs and its task fails again and again; null else, and where the server does not tell. */
  readonly problem: string | null;
}

const PAGE_SIZE = 200;

/** A condition of a visibility query. Names and states need no escape, and nothing else is let in. */
export function equals(attribute: string, value: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) {
    throw new DroverError('InvalidRequest', `"${value}" cannot be looked for: letters, digits, "-" and "_" only`);
  }
  return `${attribute} = '${value}'`;
}

/** Closed at this time or later, in ms since the epoch. */
export function closedSince(time: number): string {
  return `CloseTime >= '${new Date(time).toISOString()}'`;
}

/** One page of the workflows that meet all conditions. */
export async function listWorkflows<T>(
  calls: Calls,
  conditions: readonly string[],
  read: (found: Listed) => T,
  { pageSize = PAGE_SIZE, pageToken = '', ...options }: PageOptions = {},
): Promise<Page<T>> {
  const { workflowService, options: settings } = calls.client.workflow;
  const page = await calls.within(null, options, () =>
    workflowService.listWorkflowExecutions({
      namespace: settings.namespace,
      query: conditions.join(' AND '),
      pageSize,
      nextPageToken: pageOf(pageToken),
    }),
  );
  return { items: page.executions.map((execution) => read(listed(execution))), nextPageToken: tokenOf(page) };
}

/** Bytes of a page token that say whether it is one of ours: a slip of the hand is found, and more is not needed. */
const CHECK_BYTES = 4;

/** Temporal's own token with a check before it. */
function tokenOf({ nextPageToken }: { readonly nextPageToken: Uint8Array }): string | null {
  if (nextPageToken.length === 0) return null;
  return Buffer.concat([checkOf(nextPageToken), nextPageToken]).toString('base64url');
}

/** A token that Temporal cannot read looks to it like a fault of its own, after many repeats: it is refused here. */
function pageOf(token: string): Buffer {
  const bytes = Buffer.from(token, 'base64url');
  const [check, page] = [bytes.subarray(0, CHECK_BYTES), bytes.subarray(CHECK_BYTES)];
  if (token === '' || (page.length > 0 && check.equals(checkOf(page)))) return page;
  throw new DroverError('InvalidRequest', `"${token}" is no page token: give the nextPageToken of the page before`);
}

function checkOf(page: Uint8Array): Buffer {
  return createHash('sha256').update(page).digest().subarray(0, CHECK_BYTES);
}

function listed(execution: Execution): Listed {
  return {
    workflowId: execution.execution?.workflowId ?? '',
    status: execution.status ?? 0,
    startedAt: isoTime(execution.startTime),
    closedAt: isoTime(execution.closeTime),
    attribute: (name) => attributeOf(execution, name),
    memo: (name) => {
      const payload = execution.memo?.fields?.[name];
      return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
    },
    problem: execution.closeTime ? null : problemIn(attributeOf(execution, PROBLEMS)),
  };
}

function problemIn(reported: readonly string[]): string | null {
  if (reported.length === 0) return null;
  const cause = reported.find((value) => CAUSE.test(value))?.replace(CAUSE, '');
  return `its workflow task fails again and again (${cause || 'for an unknown reason'})`;
}

/** What is true of workflows that the server reports to fail. */
export const REPORTED_TO_FAIL = `${PROBLEMS} IS NOT NULL`;

function attributeOf(execution: Execution, name: AttributeName): readonly string[] {
  const payload = execution.searchAttributes?.indexedFields?.[name];
  if (!payload) return [];
  const value = defaultPayloadConverter.fromPayload<string | string[]>(payload);
  return Array.isArray(value) ? value : [value];
}
