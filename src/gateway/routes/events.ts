/** `GET /v1/events`: events as server-sent events. */
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import { cursorOf, cursorTime, type EventFilter, type Observed } from '../../client';
import { isWanted } from '../../client/feed/observed';
import { PROGRESS_EVENT, type ReportedProgress } from '../../contract/agent/progress';
import { LAST_EVENT_ID } from '../../contract/schemas/http';
import { fleetsOf } from '../access/caller';
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

/** Events from a cursor on, until the signal aborts. */
export type Follow = (cursor: string, signal: AbortSignal) => AsyncIterable<readonly Observed[]>;

/** The handler over a hub. Its listeners end before the gateway does. */
export function eventHandlers(
  app: FastifyInstance,
  hub: EventHub,
  board: ProgressBoard,
  follow: Follow,
): Handlers<'events'> {
  const open = new Set<PassThrough>();
  app.addHook('preClose', async () => {
    const ended = Promise.allSettled([...open].map((stream) => finished(stream)));
    hub.close();
    const limit = AbortSignal.timeout(END_WITHIN_MS);
    await Promise.race([ended, new Promise((resolve) => limit.addEventListener('abort', resolve))]);
  });
  return {
    events: async ({ query: { fleet, agent, run, type }, headers, request, reply }) => {
      const stream = new PassThrough();
      const only = fleet === undefined ? fleetsOf(request.caller) : [fleet];
      const cursor = headers[LAST_EVENT_ID];
      const filter = { agent, run, types: type && [type] };
      const listener = streamListener(stream, {
        only,
        filter,
        resume: isCursor(cursor) ? (signal) => follow(cursor, signal) : null,
      });
      await hub.join(listener, cursor?.replace(/^\d+\./, ''));
      open.add(stream);
      const unfollow = board.follow((progress) => {
        if (type === undefined && agent === undefined && run === undefined) writeProgress(stream, only, progress);
      });
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

/** The events of one stream. `only` null: events of all fleets. `resume`: what follows its cursor; null: it has none. */
interface Wanted {
  readonly only: readonly string[] | null;
  readonly filter: EventFilter;
  readonly resume: ((signal: AbortSignal) => AsyncIterable<readonly Observed[]>) | null;
}

function isCursor(text: string | undefined): text is string {
  return text !== undefined && cursorTime(text) !== null;
}

function streamListener(stream: PassThrough, { only, filter, resume }: Wanted): Listener {
  /** Set while the stream follows a cursor of its own, and not the hub. */
  let own: AbortController | null = null;
  const write = (events: readonly Observed[]): void => {
    const wanted = events.filter(
      (one) => isWanted(one, filter) && (only === null || one.fleets.some((fleet) => only.includes(fleet))),
    );
    if (stream.writableLength > BACKLOG_LIMIT) stream.destroy();
    else if (wanted.length > 0) stream.write(wanted.map(asText).join(''));
  };
  const followOwn = async (events: AsyncIterable<readonly Observed[]>): Promise<void> => {
    for await (const batch of events) write(batch);
    stream.end();
  };
  return {
    hear(events) {
      if (own === null) write(events);
    },
    begin(remembered) {
      // Sent at once, so that the client gets its headers before the first event.
      const isLost = remembered === null && resume === null;
      stream.write(isLost ? ': unknown event id; the stream starts now\n\n' : ': from here on\n\n');
      write(remembered ?? []);
      if (remembered !== null || resume === null) return;
      own = new AbortController();
      stream.once('close', () => own?.abort());
      // A client that is cut off here comes back with the same cursor.
      followOwn(resume(own.signal)).catch(() => stream.destroy());
    },
    keepAlive: () => void stream.write(':\n\n'),
    end() {
      if (own === null) stream.end();
      else own.abort();
    },
  };
}

/** Progress has no id and is never sent later: a slow client misses some. */
function writeProgress(stream: PassThrough, only: readonly string[] | null, progress: ReportedProgress): void {
  if (stream.writableNeedDrain || (only !== null && !only.includes(progress.fleet))) return;
  stream.write(`event: ${PROGRESS_EVENT}\ndata: ${JSON.stringify(progress)}\n\n`);
}

function asText(one: Observed): string {
  const { event } = one;
  return `id: ${cursorOf(one)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
