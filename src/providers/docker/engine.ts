/**
 * The container engine: its connection, the time limit of a call, and the meaning of its errors.
 */
import type Docker from 'dockerode';
import { DroverError } from '../../contract/errors';
import { boundedText, messageOf, QUOTE_BYTES } from '../../contract/text';
import { errorCode, wasNotConnected } from '../../lib/error-code';
import { providerError } from '../provider';

/**
 * How to reach the engine. Unless given, by `DOCKER_HOST`, `DOCKER_CERT_PATH` and so on, as the
 * docker command does.
 */
export type EngineOptions = Docker.DockerOptions;

/**
 * Below the 30 s of one attempt of a provider activity, so that its error says more than a timeout
 * does.
 */
const CALL_MS = 25_000;

/**
 * Opens the engine at its first use: loading the client takes a tenth of a second, and most workers
 * never need it.
 */
export function lazyEngine(options: EngineOptions | undefined): () => Promise<Docker> {
  let engine: Promise<Docker> | undefined;
  return () => (engine ??= import('dockerode').then(({ default: Engine }) => new Engine(options)));
}

/** The HTTP status of an engine's error; undefined if the engine was not reached. */
function statusOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** An engine's message for a program that an image lacks; with status 400, 404 or 500. */
const NO_SUCH_PROGRAM = /executable file|no such file or directory|permission denied/i;

/** Podman's message, with 500, for a container that is removed during the call. */
const GOING = /no such container/i;

/** True if the container or the image does not exist. */
export function isGone({ status, said }: EngineError): boolean {
  return (status === 404 && !NO_SUCH_PROGRAM.test(said)) || (status === 500 && GOING.test(said));
}

/** Podman's messages, with 500, for what Docker answers with 304 or 409. */
const CONFLICT = /state improper|already in use|already paused|not paused/i;

/**
 * True if the container is already in that state, is in another state, or its name is taken: the
 * caller looks again.
 */
export function isConflict({ status, said }: EngineError): boolean {
  return status === 304 || status === 409 || (status === 500 && CONFLICT.test(said));
}

/** Podman's messages, with 500, for an invalid name. */
const UNREADABLE = /invalid reference format|must be lower\s?case|invalid image|invalid container name/i;

/** True if the engine refuses the request itself, so that no retry can succeed. */
export function isRefused({ status, said }: EngineError): boolean {
  const isRequest = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return (isRequest && status !== 401 && status !== 403) || (status === 500 && UNREADABLE.test(said));
}

/** What an engine says, with 404, to a call that it does not have: Podman as JSON or, for an image with a slash, as text; old Docker. */
const UNSUPPORTED = /^Path .* is not supported$|^page not found$|^\(HTTP code 404\) unexpected - Not Found\s*$/;

/** True if the engine does not have this call. */
export function isUnsupported({ status, said }: EngineError): boolean {
  return status === 404 && UNSUPPORTED.test(said);
}

/**
 * True if a registry does not have an image, or does not give it to this engine: a registry answers
 * both in the same way if the caller is not logged in.
 */
export function isUnknownImage({ status }: EngineError): boolean {
  return status === 401 || status === 403 || status === 404;
}

/** An error answer of the engine. */
export interface EngineError {
  readonly status: number | undefined;
  readonly said: string;
}

/** The answer, or undefined if the engine refuses in one of the given ways. */
export async function except<T>(
  work: Promise<T>,
  ...ways: readonly ((error: EngineError) => boolean)[]
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    const engineError = { status: statusOf(cause), said: saidBy(cause) };
    if (ways.some((way) => way(engineError))) return undefined;
    throw error;
  }
}

/**
 * Makes one call with a time limit. `extraMs` is added for a wait in the engine. Errors become
 * `ProviderError`s.
 */
export async function calling<T>(
  what: string,
  call: (abortSignal: AbortSignal) => Promise<T>,
  extraMs = 0,
): Promise<T> {
  const limit = AbortSignal.timeout(CALL_MS + extraMs);
  try {
    return await call(limit);
  } catch (error) {
    throw translated(
      what,
      limit.aborted ? new Error(`no answer within ${String((CALL_MS + extraMs) / 1_000)} s`) : error,
    );
  }
}

/** The answer, or a rejection when the signal aborts: the client takes no signal for some calls. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
  });
  return Promise.race([work, aborted]);
}

/** An engine's error as a `ProviderError` that begins with `what`. */
export function translated(what: string, error: unknown): Error {
  if (error instanceof DroverError) return error;
  const status = statusOf(error);
  const said = saidBy(error);
  if (status === undefined)
    return providerError(`${what}: no container engine answers (${said})`, {
      notSent: wasNotConnected(error),
      cause: error,
    });
  const passing = status === 408 || status === 429 || status >= 500;
  const isFinal = !passing || NO_SUCH_PROGRAM.test(said) || isRefused({ status, said });
  return providerError(`${what}: ${said}`, { permanent: isFinal, cause: error });
}

function saidBy(error: unknown): string {
  const json = typeof error === 'object' && error !== null && 'json' in error ? error.json : undefined;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string')
    return boundedText(json.message, QUOTE_BYTES);
  return messageOf(error instanceof Error && !error.message ? (errorCode(error) ?? error) : error, QUOTE_BYTES);
}
