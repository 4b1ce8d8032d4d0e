/** `GET /v1/events`: events as server-sent events. */
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import type { Observed } from '../../client';
import { PROGRESS_EVENT, type ReportedProgress } from '../../contract/agent/progress';
import { LAST_EVENT_ID } from '../../contract/schemas/http';
import { fleetsOf } from '../caller';
import type { Handlers } from '../calls';
import type { EventHub, Listener } from '../event-hub';
import type { ProgressBoard } from '../progress';

/**
 * The most bytes that wait for a slow client. Past that it is disconnected, and gets the missed
 * events when it returns.
 */
const BACKLOG_LIMIT = 1024 * 1024;
/**
 * How long a stopping gateway waits for its streams to be written: a few milliseconds, unless a
 * client does not read.
 */
const END_WITHIN_MS = 1_000;

/** The handler over a hub. Its listeners end before the gateway does. */
export function eventHandlers(app: FastifyInstance, hub: EventHub, board: ProgressBoard): Handlers<'events'> {
  const open = new Set<PassThrough>();
  app.addHook('preClose', async () => {
    const ended = Promise.allSettled([...open].map((stream) => finished(stream)));
    hub.close();
    const limit = AbortSignal.timeout(END_WITHIN_MS);
    await Promise.race([ended, new Promise((resolve) => limit.addEventListener('abort', resolve))]);
  });
  return {
    events: async ({ query: { fleet }, headers, request, reply }) => {
      const stream = new PassThrough();
      const only = fleet === undefined ? fleetsOf(request.caller) : [fleet];
      const listener = streamListener(stream, only);
      await hub.join(listener, headers[LAST_EVENT_ID]);
      open.add(stream);
      const unfollow = board.follow((progress) => writeProgress(stream, only, progress));
      stream.once('close', () => {
        open.delete(stream);
        unfollow();
        hub.leave(listener);
      });
      // Neither a cache nor a proxy (nginx) must delay events.
      void reply.header('cache-control', 'no-cache').header('x-accel-buffering', 'no').type('text/event-stream');
      return stream;
    },
  };
}

/** `only` null: events of all fleets. */
function streamListener(stream: PassThrough, only: readonly string[] | null): Listener {
  const hear = (events: readonly Observed[]): void => {
    const wanted = events.filter(({ fleets }) => only === null || fleets.some((fleet) => only.includes(fleet)));
    if (stream.writableLength > BACKLOG_LIMIT) stream.destroy();
    else if (wanted.length > 0) stream.write(wanted.map(asText).join(''));
  };
  return {
    hear,
    begin(missed) {
      // Sent at once, so that the client gets its headers before the first event.
      stream.write(missed === null ? ': that event is no longer remembered; from now on\n\n' : ': from here on\n\n');
      hear(missed ?? []);
    },
    keepAlive: () => void stream.write(':\n\n'),
    end: () => void stream.end(),
  };
}

/** Progress has no id and is never sent later: a slow client misses some. */
function writeProgress(stream: PassThrough, only: readonly string[] | null, progress: ReportedProgress): void {
  if (stream.writableNeedDrain || (only !== null && !only.includes(progress.fleet))) return;
  stream.write(`event: ${PROGRESS_EVENT}\ndata: ${JSON.stringify(progress)}\n\n`);
}

function asText({ event }: Observed): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
