/**
 * Agents that a user's service runs: create, wake and destroy are POSTs to the URLs in the fleet
 * file. Each has an `Idempotency-Key`, so that it can be repeated after a lost answer. An operation
 * without a URL is not called: the service does it by itself.
 */
import type { ResourceCall, ResourceState, WakeCall } from '../../contract/activities';
import { DroverError } from '../../contract/errors';
import { boundedText, isWellFormed, messageOf, QUOTE_BYTES, utf8Bytes } from '../../contract/text';
import { wasNotConnected } from '../../lib/error-code';
import { type AgentAccess, instanceVariables } from '../environment';
import { type HttpAnswer, httpCall, isSuccess, retryAfterMs } from '../http-call';
import { type Finding, type HeldResource, type Provider, providerError, titleOf } from '../provider';
import { redacted } from '../redaction';
import { missingSecret, type SecretEnvironment, resolveSecret } from '../secrets';

/**
 * Settings of the external provider. `env:` references are looked up in `environment`; for
 * `allowedHosts` see `HttpCall`.
 */
export interface ExternalProviderOptions extends AgentAccess {
  readonly environment: SecretEnvironment;
  readonly allowedHosts?: readonly string[] | undefined;
  /** The time limit of one call; 25 s unless given, below the 30 s of an activity's attempt. */
  readonly callMs?: number;
}

type Operation = 'create' | 'wake' | 'destroy';

const CALL_MS = 25_000;
const ANSWER_LIMIT_BYTES = 1024 * 1024;
/** The longest `Retry-After` of a service that is followed. */
const RETRY_AFTER_LIMIT_MS = 60_000;

/** The external provider. */
export class ExternalProvider implements Provider {
  readonly kind = 'external';
  private readonly options: ExternalProviderOptions;

  constructor(options: ExternalProviderOptions) {
    this.options = options;
  }

  async check({ spec }: Pick<ResourceCall, 'spec'>): Promise<readonly Finding[]> {
    const { secret } = spec.external ?? {};
    const why = secret === undefined ? null : await missingSecret(secret, this.options.environment);
    return why === null ? [] : [{ field: 'external.secret', why }];
  }

  async create(call: ResourceCall): Promise<{ resourceId: string }> {
    // 409: the service already has the agent, and names it.
    const answer = await this.post(call, 'create', call.key, {}, [409]);
    return { resourceId: usable(call, idIn(answer)) ?? call.key };
  }

  async wake(call: WakeCall): Promise<{ pid: number | null }> {
    const environment = await instanceVariables(call, this.options, this.options.environment);
    // 409: it already runs.
    await this.post(
      call,
      'wake',
      `${call.key}/${call.instanceId}`,
      { instanceId: call.instanceId, environment },
      [409],
    );
    return { pid: null };
  }

  async destroy(call: ResourceCall): Promise<{ existed: boolean }> {
    const answer = await this.post(call, 'destroy', `${call.key}/destroy`, {}, [404, 410]);
    return { existed: answer !== undefined && answer.status < 300 };
  }

  /** Does nothing: the agent gets no turns, and `pause` as the answer to its beats. */
  async suspend(): Promise<void> {}

  async continue(): Promise<void> {}

  /** Does nothing: the agent gets `stop` as the answer to its beats. */
  async stop(): Promise<void> {}

  /** Only beats show whether it runs. */
  async inspect(): Promise<ResourceState> {
    return {
      state: 'running',
      exitCode: null,
      pid: null,
      detail: 'an external agent: only its beats show whether it runs',
    };
  }

  async list(): Promise<readonly HeldResource[]> {
    return [];
  }

  async *logs(): AsyncGenerator<Uint8Array> {}

  /**
   * Posts an operation. The answer has a 2xx or an accepted status; undefined without a URL to
   * call.
   */
  private async post(
    call: ResourceCall & Partial<Pick<WakeCall, 'subscription'>>,
    operation: Operation,
    idempotencyKey: string,
    extra: Readonly<Record<string, unknown>>,
    accepted: readonly number[],
  ): Promise<HttpAnswer | undefined> {
    const spec = call.spec.external ?? {};
    const url = spec[operation];
    if (url === undefined) return undefined;
    const { fleet, agent, key, resourceId } = call;
    const what = `${titleOf(call)}: ${operation} at ${withoutQuery(url)}`;
    const secret = spec.secret === undefined ? undefined : await resolveSecret(spec.secret, this.options.environment);
    const bearer = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    const headers = { 'idempotency-key': idempotencyKey, ...bearer };
    const answer = await this.send(what, url, headers, { fleet, agent, key, resourceId, ...extra });
    if (isSuccess(answer) || accepted.includes(answer.status)) return answer;
    // A service may echo its secret, the agent's token and its credential.
    const references = [spec.secret, call.secret, call.subscription?.secret];
    throw refusal(what, answer, await redacted(answer.text ?? '', { fleet, agent, references }, this.options));
  }

  private async send(what: string, url: string, headers: Record<string, string>, body: unknown): Promise<HttpAnswer> {
    const { allowedHosts, callMs = CALL_MS } = this.options;
    const signal = AbortSignal.timeout(callMs);
    try {
      return await httpCall({
        url,
        method: 'POST',
        headers,
        body,
        signal,
        limitBytes: ANSWER_LIMIT_BYTES,
        allowedHosts,
      });
    } catch (error) {
      if (signal.aborted)
        throw providerError(`${what}: no answer within ${String(callMs / 1_000)} s`, { cause: error });
      const permanent = error instanceof DroverError;
      throw providerError(`${what}: ${messageOf(error, QUOTE_BYTES)}`, {
        permanent,
        notSent: wasNotConnected(error),
        cause: error,
      });
    }
  }
}

/** The error for a refusal. `shown` is the answer without secrets. */
function refusal(what: string, { status, headers }: HttpAnswer, shown: string): Error {
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  const afterMs = retryAfterMs(headers, RETRY_AFTER_LIMIT_MS);
  const said = shown === '' ? '' : `: ${boundedText(shown, QUOTE_BYTES)}`;
  const message = `${what} answered ${String(status)}${said}`;
  return providerError(message, {
    permanent: !passing,
    ...(passing && afterMs !== undefined ? { retryAfterMs: afterMs } : {}),
  });
}

/** The most bytes of an id that a service gives: it is part of every call and view of its agent. */
const ID_BYTES = 1_000;

function usable(call: ResourceCall, id: string | undefined): string | undefined {
  if (id === undefined || (utf8Bytes(id) <= ID_BYTES && isWellFormed(id))) return id;
  const why = `the service gives an id of ${String(utf8Bytes(id))} bytes; use at most ${String(ID_BYTES)} bytes of valid text`;
  throw providerError(`${titleOf(call)}: ${why}`, { permanent: true });
}

/** The field `id` or `resourceId` of a JSON answer. */
function idIn(answer: HttpAnswer | undefined): string | undefined {
  if (!answer?.text) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const { id, resourceId } = body as { id?: unknown; resourceId?: unknown };
  return [id, resourceId].find((value): value is string => typeof value === 'string' && value !== '');
}

/** The URL without query and credentials, which may hold a secret. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}
