/** Lists from Temporal's visibility: one call, eventually consistent. */
import { createHash } from 'node:crypto';
import { defaultPayloadConverter, type WorkflowService } from '@temporalio/client';
import { DroverError } from '../../contract/errors';
import type { SEARCH_ATTRIBUTES } from '../../contract/names';
import type { Calls } from './calls';
import type { CallOptions } from './call-options';
import { isoTime } from './timestamps';

/** One page of a list. `nextPageToken` is null on the last page. */
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
 * The attribute by which the server reports a failing workflow task, from Temporal 1.30 on, after a
 * number of failures that `system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute` sets
 * (5 by default, 2 under `drover up`).
 */
const PROBLEMS = 'TemporalReportedProblems';
/**
 * The start of the value that names the cause:
 * `cause=WorkflowTaskFailedCauseNonDeterministicError`.
 */
const CAUSE = /^cause=(?:WorkflowTaskFailedCause|WorkflowTaskTimedOutCause)?/;

/** A workflow in visibility. */
export interface Listed {
  readonly workflowId: string;
  readonly runId: string;
  /** Temporal's `WorkflowExecutionStatus`. */
  readonly status: number;
  /** ISO 8601. */
  readonly startedAt: string | null;
  readonly closedAt: string | null;
  /** The values of a search attribute; empty if it is not set. */
  readonly attribute: (name: AttributeName) => readonly string[];
  /** A value of its memo; undefined if it is not set. */
  readonly memo: (name: string) => unknown;
  /**
   * Why an open workflow does not answer, if the server reports that its task keeps failing; else
   * null.
   */
  readonly problem: string | null;
}

const PAGE_SIZE = 200;

/** A condition of a visibility query. Only values that need no escaping are accepted. */
export function equals(attribute: string, value: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(value)) {
    throw new DroverError('InvalidRequest', `cannot search for "${value}": use only letters, digits, "-" and "_"`);
  }
  return `${attribute} = '${value}'`;
}

/** The condition for any of these values; they need no escaping. Without values it is never met. */
export function anyOf(attribute: string, values: readonly string[]): string {
  const [first, ...others] = values.map((value) => equals(attribute, value));
  if (first === undefined) return `${attribute} IS NULL AND ${attribute} IS NOT NULL`;
  return others.length === 0 ? first : `(${[first, ...others].join(' OR ')})`;
}

/** The condition for workflows that have recorded an event at this time or later, in epoch ms. */
export function changedSince(time: number): string {
  return `DroverChangedAt >= '${new Date(time).toISOString()}'`;
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

/** How many workflows meet all conditions. */
export async function countWorkflows(
  calls: Calls,
  conditions: readonly string[],
  options: CallOptions = {},
): Promise<number> {
  const { workflowService, options: settings } = calls.client.workflow;
  const { count } = await calls.within(null, options, () =>
    workflowService.countWorkflowExecutions({ namespace: settings.namespace, query: conditions.join(' AND ') }),
  );
  return Number(count);
}

/** Bytes of a page token that prove that Drover made it. They only have to detect typing errors. */
const CHECK_BYTES = 4;

/** Temporal's token with a checksum before it. */
function tokenOf({ nextPageToken }: { readonly nextPageToken: Uint8Array }): string | null {
  if (nextPageToken.length === 0) return null;
  return Buffer.concat([checkOf(nextPageToken), nextPageToken]).toString('base64url');
}

/**
 * Refuses an invalid token here, because Temporal would report it as its own failure, after many
 * retries.
 */
function pageOf(token: string): Buffer {
  const bytes = Buffer.from(token, 'base64url');
  const [check, page] = [bytes.subarray(0, CHECK_BYTES), bytes.subarray(CHECK_BYTES)];
  if (token === '' || (page.length > 0 && check.equals(checkOf(page)))) return page;
  throw new DroverError('InvalidRequest', `invalid page token "${token}": use the nextPageToken of the previous page`);
}

function checkOf(page: Uint8Array): Buffer {
  return createHash('sha256').update(page).digest().subarray(0, CHECK_BYTES);
}

function listed(execution: Execution): Listed {
  return {
    workflowId: execution.execution?.workflowId ?? '',
    runId: execution.execution?.runId ?? '',
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
  return `its workflow task keeps failing (${cause || 'for an unknown reason'})`;
}

/** The condition for workflows whose task the server reports to fail. */
export const REPORTED_TO_FAIL = `${PROBLEMS} IS NOT NULL`;

function attributeOf(execution: Execution, name: AttributeName): readonly string[] {
  const payload = execution.searchAttributes?.indexedFields?.[name];
  if (!payload) return [];
  const value = defaultPayloadConverter.fromPayload<string | string[]>(payload);
  return Array.isArray(value) ? value : [value];
}
