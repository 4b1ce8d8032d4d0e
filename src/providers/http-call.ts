/**
 * One HTTP call to a user's program: http and https only, no redirects (they would receive the
 * credentials), a bounded answer, no pooled connections (a call on a connection that was just
 * closed would fail without reaching the other side).
 */
import * as http from 'node:http';
import * as https from 'node:https';
import dns from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { wallClockMs } from '../lib/clock';
import { allowedUrl, hostOf, isLinkLocal, notAllowed } from './allowed-hosts';

/** A request. `limitBytes` bounds the answer's body. The caller bounds the time by `signal`. */
export interface HttpCall {
  readonly url: string;
  readonly method: 'POST' | 'DELETE' | 'GET';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
  readonly limitBytes: number;
  /**
   * Host names and `*.suffixes` that may be called; unless given, all but link-local and metadata
   * addresses.
   */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** An answer with any status. `text` is undefined if the body is over the limit. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string | undefined;
}

/** The kernel's probes detect a silent connection to a dead machine. */
const KEEPALIVE_MS = 30_000;

/**
 * Makes the call. Rejects with the network's error, or with `InvalidRequest` for an address that
 * may not be called.
 */
export async function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const url = allowedUrl(call.url, call.allowedHosts);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const content =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const { request: start } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const request = start(url, {
      method: call.method,
      headers: { accept: 'application/json', ...content, ...call.headers },
      signal: call.signal,
      agent: false,
      lookup: checkedLookup,
    });
    // The handler stays: an abort after the answer raises the error again.
    request.on('error', reject);
    request.once('socket', (socket) => {
      socket.setKeepAlive(true, KEEPALIVE_MS);
      if (isIP(hostOf(url)) === 0) refuseLinkLocal(socket);
    });
    request.once('response', (response) => {
      readBody(response, call.limitBytes).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
    request.end(body);
  });
}

/** Resolves a name and refuses a forbidden address: an allowed name may resolve to one. */
const checkedLookup: LookupFunction = (hostname, options, answer) => {
  dns.lookup(hostname, options, (error, address, family) => {
    const found = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address);
    const forbidden = error ? undefined : found.find(isLinkLocal);
    if (forbidden === undefined) answer(error, address, family);
    else answer(forbiddenAddress(forbidden), address, family);
  });
};

/**
 * Refuses a connection to a forbidden address before anything is written to it, however the name
 * was resolved. An address in the URL itself has been checked.
 */
function refuseLinkLocal(socket: Socket): void {
  socket.once('connect', () => {
    const { remoteAddress } = socket;
    if (remoteAddress !== undefined && isLinkLocal(remoteAddress)) socket.destroy(forbiddenAddress(remoteAddress));
  });
}

function forbiddenAddress(address: string): Error {
  return notAllowed(`${address} is a link-local address`);
}

async function readBody(response: http.IncomingMessage, limitBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      response.destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** True for a 2xx status. */
export function isSuccess({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** `Retry-After`, as seconds or a date, in milliseconds; at most `limitMs`. */
export function retryAfterMs(headers: http.IncomingHttpHeaders, limitMs: number): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - wallClockMs();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), limitMs) : undefined;
}
