/**
 * The HTTP calls to an A2A agent: the token goes to the origin of its card only, a refusal is a failure
 * with its status, and no answer fills the memory.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, oneLine, SHORT_BYTES } from '../../contract/text';
import { wasNotConnected } from '../../lib/error-code';
import { AgentFailure } from '../failure';
import { isRecord } from '../records';

/** Where calls may carry the token. `headers` are those with the token, at this moment. */
export interface Access {
  readonly origin: string;
  readonly headers: () => Readonly<Record<string, string>>;
  /** Pauses before a call is tried again, in milliseconds. */
  readonly retriesMs?: readonly number[];
}

/** The most bytes of one answer, which may be a stream of many updates. */
const ANSWER_BYTES = 64 * 1024 * 1024;
/** A service that starts again, or a proxy before it, is back within half a minute. */
const RETRIES_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 16_000];
/** The longest pause that an answer may ask for: a turn has a limit of its own. */
const LONGEST_PAUSE_MS = 60_000;
/** The status of a service that has not begun to work on the call. */
const UNAVAILABLE = 503;
/** Refusals that the library would hide in a text. Others may hold an error of the protocol. */
const REFUSALS: readonly number[] = [401, 402, 403, 429, 502, UNAVAILABLE, 504];

/** A `fetch` for the library. */
export function guardedFetch(access: Access): typeof fetch {
  return async (input, init = {}) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    // A header of the card's choice must not follow a redirect to another host.
    const headers = {
      ...Object.fromEntries(request.headers),
      ...(url.origin === access.origin ? access.headers() : {}),
    };
    const send = () => fetch(url, { ...init, headers, redirect: 'manual' });
    const response = await patiently(send, access.retriesMs ?? RETRIES_MS, init.signal ?? undefined, url);
    if (response.status >= 300 && response.status < 400)
      throw new AgentFailure(
        `${shown(url)} redirects to ${response.headers.get('location') ?? 'nowhere'}; name that URL`,
      );
    if (REFUSALS.includes(response.status)) throw await refusal(response, url, access);
    return bounded(response, url);
  };
}

/** Tries again what has not been begun: a connection that was not made, or 503. */
async function patiently(
  send: () => Promise<Response>,
  retriesMs: readonly number[],
  signal: AbortSignal | undefined,
  url: URL,
): Promise<Response> {
  for (const wait of [...retriesMs, null]) {
    const answer = await attempt(send);
    if ('response' in answer && (answer.response.status !== UNAVAILABLE || wait === null)) return answer.response;
    if ('error' in answer && (wait === null || !wasNotConnected(causeOf(answer.error))))
      throw failed(answer.error, url);
    const asked = 'response' in answer ? pauseOf(answer.response) : undefined;
    if ('response' in answer) await answer.response.body?.cancel();
    await pause(asked ?? wait ?? 0, undefined, signal === undefined ? {} : { signal });
  }
  throw new AgentFailure(`${shown(url)} gives no answer`);
}

async function attempt(
  send: () => Promise<Response>,
): Promise<{ readonly response: Response } | { readonly error: unknown }> {
  try {
    return { response: await send() };
  } catch (error) {
    return { error };
  }
}

/** `fetch failed` says nothing; its cause does. */
function causeOf(error: unknown): unknown {
  return isRecord(error) && isRecord(error['cause']) ? error['cause'] : error;
}

function failed(error: unknown, url: URL): unknown {
  const cause = causeOf(error);
  if (cause === error) return error;
  return new AgentFailure(`${shown(url)} cannot be reached: ${messageOf(cause, SHORT_BYTES)}`);
}

function pauseOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1_000, LONGEST_PAUSE_MS) : undefined;
}

async function refusal(response: Response, url: URL, access: Access): Promise<AgentFailure> {
  const { status, headers } = response;
  const text = await bounded(response, url).text();
  // A service may repeat what it refuses.
  const secrets = Object.values(access.headers()).map((value) => value.replace(/^Bearer /, ''));
  const clean = secrets.reduce((kept, secret) => kept.replaceAll(secret, '***'), text);
  const said = clean.trim() === '' ? '' : `: ${oneLine(clean, SHORT_BYTES)}`;
  return new AgentFailure(`${shown(url)} answers ${String(status)}${said}`, {
    status,
    headers: Object.fromEntries(headers),
  });
}

function bounded(response: Response, url: URL): Response {
  if (response.body === null) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > ANSWER_BYTES) controller.error(new AgentFailure(`${shown(url)} answers more than 64 MiB`));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}

/** A URL without its query, which may hold a key. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
