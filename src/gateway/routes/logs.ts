/** `GET /v1/agents/{fleet}/{agent}/logs`: a part of a log, or the log as it grows as server-sent events. */
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { AgentRef } from '../../client';
import { LOG_WAIT_MS, type LogPart, type LogPartRequest } from '../../contract/agent/log';
import { DroverError } from '../../contract/errors';
import { LAST_EVENT_ID } from '../../contract/schemas/http';
import { monotonicMs } from '../../lib/clock';
import type { Handlers } from '../calls';

/** Reads a part. */
export type ReadPart = (ref: AgentRef, request: LogPartRequest) => Promise<LogPart>;

/** Bytes that may wait for a slow reader; the next part is read when they have gone. */
const BACKLOG_BYTES = 256 * 1024;
/** The pause after an empty part, if the worker did not wait because many readers do. */
const PAUSE_MS = 1_000;

/** The handler. Streams end before the gateway does. */
export function logHandlers(app: FastifyInstance, read: ReadPart, log: FastifyBaseLogger): Handlers<'agentLogs'> {
  const open = new Set<AbortController>();
  app.addHook('preClose', (done) => {
    for (const stop of open) stop.abort();
    done();
  });
  return {
    agentLogs: async ({ params, query: { follow, ...request }, headers, reply }) => {
      const last = headers[LAST_EVENT_ID];
      const first = await read(params, last === undefined ? request : { after: last });
      if (follow !== true) return first;
      const stream = new PassThrough({ highWaterMark: BACKLOG_BYTES });
      const stop = new AbortController();
      open.add(stop);
      stream.once('close', () => {
        stop.abort();
        open.delete(stop);
      });
      follower(stream, first, (after) => read(params, { after, waitMs: LOG_WAIT_MS }), stop.signal).catch(
        (error: unknown) => {
          log.warn({ error: error instanceof Error ? error.message : String(error) }, 'a log is followed no further');
          stream.end(problemText(error));
        },
      );
      void reply.header('cache-control', 'no-cache').header('x-accel-buffering', 'no').type('text/event-stream');
      return stream;
    },
  };
}

async function follower(
  stream: PassThrough,
  first: LogPart,
  read: (after: string) => Promise<LogPart>,
  signal: AbortSignal,
): Promise<void> {
  let part = first;
  stream.write(`: from here on\n\n${asText(part)}`);
  while (!signal.aborted) {
    const asked = monotonicMs();
    part = await read(part.next);
    if (part.lines.length > 0) {
      if (!stream.write(asText(part)) && !signal.aborted) await room(stream);
    } else if (monotonicMs() - asked < PAUSE_MS) await pause(PAUSE_MS);
    // Shows a reader that is gone, and keeps proxies from closing a silent connection.
    else stream.write(':\n\n');
  }
  stream.end();
}

function room(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', resolve);
    stream.once('close', resolve);
  });
}

function asText({ lines, next }: LogPart): string {
  return lines.length === 0 ? '' : `id: ${next}\nevent: log\ndata: ${JSON.stringify({ lines, next })}\n\n`;
}

/** The headers are gone by now, so the error is an event of its own. */
function problemText(error: unknown): string {
  const { code, message } =
    error instanceof DroverError ? error : new DroverError('Internal', 'the log can be followed no further');
  return `event: problem\ndata: ${JSON.stringify({ code, message })}\n\n`;
}
