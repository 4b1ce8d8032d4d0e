/** Calls an agent's endpoint for a turn. */
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { TurnActivities, TurnCall, TurnResult } from '../../contract/activities';
import { agentToken } from '../../contract/agent/token';
import { DroverError } from '../../contract/errors';
import { AGENT_PATHS } from '../../contract/protocol';
import { describeProblem, readJson, UNDECODABLE } from '../../contract/values/json';
import { boundedText, ERROR_BYTES, messageOf, oneLine, QUOTE_BYTES } from '../../contract/text';
import type { TurnOutcome } from '../../contract/agent/turns';
import { LONGEST_RESET_MS } from '../../contract/failure/reset-time';
import { isRecord } from '../../rules/lib/parse';
import { wallClockMs } from '../../lib/clock';
import { errorCode, wasNotConnected } from '../../lib/error-code';
import { type HttpAnswer, type HttpCall, httpCall, isSuccess, retryAfterMs } from '../../providers/http-call';
import { titleOf } from '../../providers/provider';
import { NOT_SHOWN, redactionFor } from '../../providers/redaction';
import type { SecretEnvironment } from '../../providers/secrets';
import { type Clean, useToken } from '../../providers/secrets-in-use';
import { whileBeating } from '../beating';
import { turnFailure, withoutFailure } from './turn-failure';
import { asActivityFailure } from '../failures';

/**
 * Dependencies of turns. `allowedHosts`: see `HttpCall`. `environment` resolves references to secrets; the values of its variables with
 * the names of secrets are redacted in errors too.
 */
export interface TurnSettings {
  readonly agentSecret: string;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly environment?: SecretEnvironment;
  /** Makes the calls to agents; over HTTP unless given. */
  readonly send?: typeof httpCall;
}

/** Limit of an answer in bytes (docs/agents.md, "At the endpoint"). */
const ANSWER_LIMIT_BYTES = 1024 * 1024;
/** Upper limit for an agent's `Retry-After`. */
const RETRY_AFTER_LIMIT_MS = 60_000;
/** Characters of a body that travel with its status. */
const BODY_CHARACTERS = 500;
/** Limit for telling an agent that its turn was withdrawn, because the cancelled activity waits for it. */
const WITHDRAW_MS = 2_000;

/** Statuses of an agent that is unavailable, of a proxy before it (520 to 524), or of an overloaded model behind it (529). */
const UNAVAILABLE = new Set([408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 529]);

/** Whether the same request may succeed later: by its status, or because of `Retry-After` on any 5xx. */
export function isUnavailable({ status, headers }: Pick<HttpAnswer, 'status' | 'headers'>): boolean {
  return UNAVAILABLE.has(status) || (status >= 500 && headers['retry-after'] !== undefined);
}

/** The turn activity. Throws a retryable `AgentUnavailable` when the agent was not reached; everything else is an outcome. */
export function createTurnActivities(settings: TurnSettings): TurnActivities {
  return {
    takeTurn: (call) => whileBeating(() => takeTurn(call, settings)),
  };
}

async function takeTurn(call: TurnCall, settings: TurnSettings): Promise<TurnResult> {
  const context = Context.current();
  try {
    const { send = httpCall } = settings;
    const answer = await send({
      ...addressed(call, settings, AGENT_PATHS.turn),
      method: 'POST',
      body: call.request,
      signal: context.cancellationSignal,
    });
    const result = withFailure(call, answer, () => withRetry(call, answer, outcomeOf(call, answer)));
    return await withoutSecrets(call, settings, result);
  } catch (error) {
    if (context.cancellationSignal.aborted) {
      // A worker that shuts down cancels too; the next attempt repeats the same turn, so the agent must not drop it.
      if (context.cancellationDetails?.cancelRequested) await withdraw(call, settings);
      throw new CancelledFailure('the turn was cancelled');
    }
    if (error instanceof DroverError)
      return rejected(call, `its endpoint ${call.endpoint} may not be called: ${error.message}`);
    if (errorCode(error) === undefined) throw error;
    // A connection that broke may mean that the turn ends its process: the agent's workflow must know before the next attempt.
    const broke = !wasNotConnected(error);
    throw unavailable(call, `cannot be reached: ${messageOf(error, QUOTE_BYTES)}`, { broke });
  }
}

/** URL, headers and limits of a call to an agent. */
export function addressed(
  call: Pick<TurnCall, 'fleet' | 'agent' | 'endpoint'>,
  { agentSecret, allowedHosts }: TurnSettings,
  path: string,
): Pick<HttpCall, 'url' | 'headers' | 'limitBytes' | 'allowedHosts'> {
  return {
    url: call.endpoint.replace(/\/+$/, '') + path,
    headers: { authorization: `Bearer ${useToken(agentToken(agentSecret, call.fleet, call.agent))}` },
    limitBytes: ANSWER_LIMIT_BYTES,
    allowedHosts,
  };
}

async function withdraw(call: TurnCall, settings: TurnSettings): Promise<void> {
  const path = `${AGENT_PATHS.turn}/${encodeURIComponent(call.request.turnId)}`;
  const request = {
    ...addressed(call, settings, path),
    method: 'DELETE',
    signal: AbortSignal.timeout(WITHDRAW_MS),
  } as const;
  const { send = httpCall } = settings;
  await send(request).catch((error: unknown) => {
    Context.current().log.debug('the agent could not be told that its turn was withdrawn', { error });
  });
}

/** Redacts the error texts of a result, both Drover's and the agent's. */
async function withoutSecrets(call: TurnCall, settings: TurnSettings, result: TurnResult): Promise<TurnResult> {
  const { agentSecret, environment = {} } = settings;
  const { fleet, agent, secret, references = [] } = call;
  const concern = { fleet, agent, references: [secret, ...references] };
  const redaction = await redactionFor(concern, { agentSecret, environment });
  const said: Clean = (text) => (redaction.isSure ? redaction.clean(text) : NOT_SHOWN);
  if ('error' in result) return { ...result, error: { ...result.error, message: said(result.error.message) } };
  return { ...result, reply: saidWithout(result.reply, redaction.clean, said) };
}

/** Fields with the agents' own content, which stay as they are. Other fields may appear in the error of a `fail` or an invalid reply. */
const CONTENT: readonly string[] = ['response', 'question', 'request', 'default', 'undo'];

function saidWithout(reply: unknown, clean: Clean, said: Clean): unknown {
  if (typeof reply === 'string') return said(reply);
  if (Array.isArray(reply)) return reply.map((item: unknown) => saidWithout(item, clean, clean));
  if (typeof reply !== 'object' || reply === null) return reply;
  const parts = Object.entries(reply).map(([key, value]: [string, unknown]) => [
    clean(key),
    CONTENT.includes(key) ? value : saidWithout(value, clean, key === 'error' ? said : clean),
  ]);
  return Object.fromEntries(parts);
}

/** Adds the failure of a credential, for an agent with a subscription. It is an outcome, so this activity does not retry it. */
function withFailure(call: TurnCall, answer: HttpAnswer, outcome: () => TurnOutcome): TurnResult {
  const failure = call.request.subscription === null ? null : turnFailure(answer, wallClockMs());
  if (failure === null) return outcome();
  if (isSuccess(answer)) return { ...outcome(), failure };
  const code = failure.kind === 'rate_limit' ? 'RateLimited' : 'TurnRejected';
  const message = `${titleOf(call)}: it answered ${String(answer.status)}: ${boundedText(answer.text ?? '', QUOTE_BYTES)}`;
  return { error: { code, message }, failure };
}

/** Adds why the turn may be asked again. Only a pool knows when an agent with a subscription may go on after a rate limit. */
function withRetry(call: TurnCall, answer: HttpAnswer, outcome: TurnOutcome): TurnResult {
  const failed = 'error' in outcome || (isRecord(outcome.reply) && outcome.reply['action'] === 'fail');
  if (!failed || ('error' in outcome && outcome.error.code === 'LimitReached')) return outcome;
  if (answer.status >= 500) return { ...outcome, retry: { on: '5xx' } };
  const failure = call.request.subscription === null ? turnFailure(answer, wallClockMs()) : null;
  if (failure?.kind !== 'rate_limit') return { ...outcome, retry: { on: 'error' } };
  const resetMs = failure.resetAt === undefined ? undefined : Math.max(0, Date.parse(failure.resetAt) - wallClockMs());
  const afterMs = retryAfterMs(answer.headers, LONGEST_RESET_MS) ?? resetMs;
  return { ...outcome, retry: { on: 'rate_limit', ...(afterMs === undefined ? {} : { afterMs }) } };
}

function outcomeOf(call: TurnCall, answer: HttpAnswer): TurnOutcome {
  const { status, headers, text } = answer;
  if (status === 429) return rateLimited(call, answered(status, text));
  if (isUnavailable(answer)) {
    const afterMs = retryAfterMs(headers, RETRY_AFTER_LIMIT_MS);
    throw unavailable(call, answered(status, text), afterMs === undefined ? {} : { afterMs });
  }
  if (text === undefined) {
    const limit = `${String(ANSWER_LIMIT_BYTES)} bytes`;
    return { error: { code: 'LimitReached', message: `${titleOf(call)}: its answer is longer than ${limit}` } };
  }
  if (!isSuccess(answer)) return rejected(call, `it answered ${String(status)}: ${boundedText(text, QUOTE_BYTES)}`);
  return { reply: withoutFailure(parsed(text)) };
}

/**
 * Text that is not JSON becomes the reply itself, so that the branch finds it invalid and tells the agent. JSON that Drover cannot store
 * becomes a description of its problem, for the same reason.
 */
function parsed(text: string): unknown {
  const read = readJson(text);
  if ('value' in read) return read.value;
  if ('syntax' in read) return boundedText(text, ERROR_BYTES);
  return { [UNDECODABLE]: describeProblem(read.problem, 'reply') };
}

function rejected(call: TurnCall, why: string): TurnOutcome {
  return { error: { code: 'TurnRejected', message: `${titleOf(call)}: ${why}` } };
}

function rateLimited(call: TurnCall, why: string): TurnOutcome {
  return { error: { code: 'RateLimited', message: `${titleOf(call)}: it ${why}` } };
}

/** The status and the beginning of the body: `answered 503 (busy)`. */
function answered(status: number, text: string | undefined): string {
  const body = oneLine((text ?? '').slice(0, BODY_CHARACTERS), QUOTE_BYTES);
  return `answered ${String(status)}${body === '' ? '' : ` (${body})`}`;
}

/**
 * `details.why` is the reason alone, which the agent's workflow shows and keeps (rules/agent/turns/endings.ts); `details.broke` says that the
 * connection was made and broke.
 */
function unavailable(
  call: TurnCall,
  why: string,
  { afterMs, broke = false }: { readonly afterMs?: number; readonly broke?: boolean } = {},
): Error {
  const message = `${titleOf(call)} at ${call.endpoint} is not available: it ${why}`;
  const error = new DroverError('AgentUnavailable', message, { why, ...(broke ? { broke } : {}) });
  return asActivityFailure(error, {
    expected: true,
    permanent: broke,
    ...(afterMs === undefined ? {} : { retryAfterMs: afterMs }),
  });
}
