/** Effects of subscriptions: a new credential for a running agent, and the pools of a fleet. */
import { Context } from '@temporalio/activity';
import type { Calls } from '../client/temporal/calls';
import { poolSubject } from '../client/temporal/subject';
import type { CredentialCall, CredentialResult, PoolsCall, SubscriptionActivities } from '../contract/activities';
import { DroverError } from '../contract/errors';
import type { SubscriptionSpec } from '../contract/fleet';
import { poolUpdates } from '../contract/pool/messages';
import { POOL_WORKFLOW } from '../contract/names';
import { keywords } from '../contract/search-attributes';
import type { PoolConfiguration, PoolInput } from '../contract/pool';
import { AGENT_PATHS } from '../contract/protocol';
import { messageOf, QUOTE_BYTES } from '../contract/text';
import { errorCode } from '../lib/error-code';
import { type HttpAnswer, httpCall, isSuccess } from '../providers/http-call';
import { resolveSecret, type SecretEnvironment } from '../providers/secrets';
import { whileBeating } from './beating';
import { asActivityFailure, asProviderFailure } from './failures';
import { type TurnSettings, addressed, isUnavailable } from './turns/turns';

/** Dependencies: those of turns, calls to the pools' workflows, and the environment that resolves references to secrets. */
export interface SubscriptionSettings extends TurnSettings {
  readonly calls: Calls;
  readonly environment: SecretEnvironment;
}

/** A reload is a handful of assignments. An agent that takes longer is restarted. */
const RELOAD_MS = 10_000;

/** The subscription activities of a worker. */
export function createSubscriptionActivities(settings: SubscriptionSettings): SubscriptionActivities {
  return {
    reloadCredential: (call) => whileBeating(() => reload(call, settings)),
    configurePools: (call) => whileBeating(() => configure(settings.calls, call)),
  };
}

async function reload(call: CredentialCall, settings: SubscriptionSettings): Promise<CredentialResult> {
  const { endpoint } = call;
  const { pool, name, assignment, secret: reference } = call.subscription;
  const secret = await resolveSecret(reference, settings.environment).catch((error: unknown) => {
    throw asProviderFailure(error);
  });
  if (endpoint === null) return { reloaded: false, why: 'it has not reported an endpoint' };
  const answer = await post({ ...call, endpoint }, settings, { pool, subscription: name, assignment, secret });
  if (typeof answer === 'string') return { reloaded: false, why: answer };
  // The body of a refusal may contain the secret, so only the status is reported.
  if (isSuccess(answer)) return { reloaded: true, why: null };
  const why = `it answered ${String(answer.status)} to POST ${AGENT_PATHS.credentials}`;
  if (isUnavailable(answer) && !isLastAttempt()) throw unavailable(why);
  return { reloaded: false, why };
}

/** The answer, or the reason for its absence. */
async function post(
  call: CredentialCall & { readonly endpoint: string },
  settings: SubscriptionSettings,
  body: unknown,
): Promise<HttpAnswer | string> {
  try {
    const { send = httpCall } = settings;
    return await send({
      ...addressed(call, settings, AGENT_PATHS.credentials),
      method: 'POST',
      body,
      signal: AbortSignal.any([Context.current().cancellationSignal, AbortSignal.timeout(RELOAD_MS)]),
    });
  } catch (error) {
    const why = whyNot(error);
    if (isLastAttempt() || error instanceof DroverError) return why;
    throw unavailable(why);
  }
}

function unavailable(why: string): Error {
  return asActivityFailure(new DroverError('AgentUnavailable', why), { expected: true });
}

/** Whether this is the third attempt, the last of the retry policy (src/workflows/activities/resources.ts). */
function isLastAttempt(): boolean {
  return Context.current().info.attempt >= 3;
}

function whyNot(error: unknown): string {
  const code = errorCode(error);
  const why = typeof code === 'string' ? code : messageOf(error, QUOTE_BYTES);
  return `its endpoint could not be reached (${why})`;
}

async function configure(calls: Calls, { fleet, pools, left, notify }: PoolsCall): Promise<void> {
  const { taskQueue } = Context.current().info;
  const { runId } = Context.current().info.workflowExecution ?? { runId: '' };
  for (const spec of pools) {
    const config = configurationOf(spec, fleet, notify);
    const input: PoolInput = { v: 1, pool: spec.pool, ...config };
    const typedSearchAttributes = keywords({ DroverPool: spec.pool });
    const staticSummary = `pool ${spec.pool}, ${String(spec.credentials.length)} credentials`;
    const start = { workflowType: POOL_WORKFLOW, taskQueue, args: [input], typedSearchAttributes, staticSummary };
    await answering(calls.updateWithStart(poolSubject(spec.pool), start, poolUpdates.configure, config));
  }
  for (const pool of left) {
    const updateId = `leave.${fleet}.${runId}.${Context.current().info.activityId}`;
    await answering(calls.update(poolSubject(pool), poolUpdates.leave, { fleet }, { updateId }));
  }
}

function configurationOf(
  { credentials, skipFor }: SubscriptionSpec,
  fleet: string,
  notify: PoolsCall['notify'],
): PoolConfiguration {
  return { credentials, ...(skipFor === undefined ? {} : { skipFor }), fleet, notify };
}

/** Ignores a pool that is gone. */
async function answering(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (error instanceof DroverError && error.code === 'PoolNotFound') return;
    throw error instanceof DroverError ? asActivityFailure(error) : error;
  }
}
