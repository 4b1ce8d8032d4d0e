/**
 * Reports of failures with a credential, for work outside turns and for turns that end with an
 * error.
 */
import { classifyFailure } from '../contract/failure/kind';
import { FAILURE_FIELD } from '../contract/protocol';
import type { FailureKind, FailureReport, SubscriptionFailure } from '../contract/agent/subscription';
import { wallClockMs } from '../lib/clock';
import { messageOf } from '../contract/text';
import { callGateway, refusalOf } from './gateway-call';
import { fail } from './replies';
import type { AgentIdentity } from './settings';

/**
 * A failure with its kind or its error. The other fields come from the current subscription unless
 * given.
 */
export type FailureNotice = Partial<Omit<FailureReport, 'kind'>> &
  ({ readonly kind: FailureKind } | { readonly error: unknown });

/** The time limit of a report. The gateway answers as soon as the agent's workflow has it. */
const REPORT_TIMEOUT_MS = 10_000;

/** Posts a report. Rejects if the gateway refuses it. */
export async function postReport(identity: AgentIdentity, report: FailureReport): Promise<{ changed: boolean }> {
  const answer = await callGateway(identity, {
    method: 'POST',
    path: 'failures',
    json: JSON.stringify(report),
    signal: AbortSignal.timeout(REPORT_TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`the gateway answers ${refusalOf(answer)}`);
  return JSON.parse(answer.text) as { changed: boolean };
}

/** Classifies an error of any SDK or command line tool. */
export function failureOf(error: unknown): SubscriptionFailure {
  if (!isObject(error)) return classifyFailure({ message: String(error) }, wallClockMs());
  const { code, exitCode, signal, message, headers, response } = error;
  const killed = typeof signal === 'string' ? ` ${signal}` : '';
  return classifyFailure(
    {
      status: statusOf(error),
      message: `${typeof message === 'string' ? message : ''}${killed}`,
      headers: headersOf(headers) ?? (isObject(response) ? headersOf(response['headers']) : undefined),
      exitCode: numberOf(exitCode) ?? numberOf(code),
    },
    wallClockMs(),
  );
}

/**
 * The reply of a turn that ended with an error. It says whether the credential is to blame, also if
 * it is not: the text alone, without exit code and status, could look like a refusal.
 */
export function failedReply(error: unknown): unknown {
  return { ...fail(messageOf(error)), [FAILURE_FIELD]: failureOf(error) };
}

/** The status of the provider's answer; undefined if the error has none. */
function statusOf(error: unknown): number | undefined {
  if (!isObject(error)) return undefined;
  const { status, statusCode, response } = error;
  return numberOf(status) ?? numberOf(statusCode) ?? (isObject(response) ? numberOf(response['status']) : undefined);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Reads headers from `Headers` or a plain object. */
function headersOf(value: unknown): Record<string, string | undefined> | undefined {
  if (value instanceof Headers) return Object.fromEntries(value.entries());
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name.toLowerCase(), text]] : [])),
  );
}
