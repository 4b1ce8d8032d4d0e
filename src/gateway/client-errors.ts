/**
 * Answers requests that Node's parser refuses, on the bare connection, in the same form as every
 * other error.
 */
import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Problem } from './problem';

/** Node's error codes with the status and the text of the answer. */
const KNOWN: Readonly<Record<string, { readonly status: number; readonly detail: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'the headers are larger than 16 KiB' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'the request did not arrive completely within 30 s' },
};
const MALFORMED = { status: 400, detail: 'this is not a valid HTTP/1.1 request' };

/** Fastify's `clientErrorHandler`. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  // The client has gone, or Node has started an answer itself.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const { status, detail } = KNOWN[error.code ?? ''] ?? MALFORMED;
  const body = bodyOf(status, detail);
  const head = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${String(Buffer.byteLength(body))}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

/** Answers an `Expect` other than 100-continue, which Node would answer without a body. */
export function answerExpectations(server: Server): void {
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, { 'content-type': 'application/problem+json; charset=utf-8' });
    response.end(bodyOf(417, 'unsupported Expect header: only 100-continue is supported'));
  });
}

function bodyOf(status: number, detail: string): string {
  const problem: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code: 'InvalidRequest',
    instance: `urn:request:${randomUUID()}`,
  };
  return JSON.stringify(problem);
}
