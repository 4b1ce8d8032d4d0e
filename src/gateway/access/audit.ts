/**
 * The audit trail of a gateway: a line for every command, accepted or refused, with who gave it. Calls
 * without a valid token are bounded, because anyone can make them.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditEntry } from '../../contract/caller/audit';
import type { ErrorCode } from '../../contract/errors';
import { itemRef } from '../../contract/run/inbox';
import { boundedText } from '../../contract/text';
import { isoNow, monotonicMs } from '../../lib/clock';

declare module 'fastify' {
  interface FastifyRequest {
    /** The id of the command, as the workflow knows it; null before it is known. */
    commandId: string | null;
    /** The run, or the fleet, that a body names; null: the path says what the call is about. */
    about: { readonly fleet: string; readonly run?: string } | null;
    /** The code of the error that the call was answered with; null: none. */
    refusedAs: ErrorCode | null;
  }
}

/** Receives the entries, in the order of the answers. */
export type AuditSink = (entry: AuditEntry) => void;

/** Calls of unknown callers that get an entry of their own, per minute; the others are counted. */
const STRANGERS_A_MINUTE = 60;
const MINUTE_MS = 60_000;
/** The most bytes of a path: a name in it may be long. */
const PATH_BYTES = 500;

/** Has every call that is worth it noted once it is answered. */
export function auditCalls(app: FastifyInstance, note: AuditSink, now: () => number = monotonicMs): void {
  let since = now();
  let strangers = 0;

  /** False for a stranger that is only counted. */
  function admit(): boolean {
    if (now() - since >= MINUTE_MS) {
      if (strangers > STRANGERS_A_MINUTE) note({ ...UNNAMED, more: strangers - STRANGERS_A_MINUTE, at: isoNow() });
      since = now();
      strangers = 0;
    }
    strangers += 1;
    return strangers <= STRANGERS_A_MINUTE;
  }

  app.decorateRequest('commandId', null);
  app.decorateRequest('refusedAs', null);
  app.decorateRequest('about', null);
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status } = reply;
    const isStranger = request.caller === null && (status === 401 || status === 403);
    const isCommand =
      request.caller !== null && request.method !== 'GET' && request.method !== 'HEAD' && !isBeat(request);
    const isRefused = request.caller !== null && status === 403;
    if (isCommand || isRefused || (isStranger && admit())) note(entryOf(request, status));
    done();
  });
  app.addHook('onClose', (_app, done) => {
    if (strangers > STRANGERS_A_MINUTE) note({ ...UNNAMED, more: strangers - STRANGERS_A_MINUTE, at: isoNow() });
    done();
  });
}

const UNNAMED: Omit<AuditEntry, 'at'> = {
  who: null,
  role: null,
  from: null,
  method: '',
  path: '',
  requestId: null,
  status: 403,
  code: 'Forbidden',
};

/** Beats come every few seconds from every agent, and change nothing that a person decides. */
function isBeat({ routeOptions, caller }: FastifyRequest): boolean {
  return caller?.kind === 'agent' || /\/(?:heartbeats?|progress)$/.test(routeOptions.url ?? '');
}

/** The subject of a call, from its path, or as its handler has read it from the body. */
function subjectOf({ params, about }: FastifyRequest): Pick<AuditEntry, 'fleet' | 'agent' | 'run'> {
  if (about !== null) return about;
  const { item, ...named } = params as Readonly<Record<string, string | undefined>>;
  const { fleet, agent, run } = item === undefined ? named : { agent: undefined, ...itemRef(item) };
  return { ...(fleet && { fleet }), ...(agent && { agent }), ...(run && { run }) };
}

function entryOf(request: FastifyRequest, status: number): AuditEntry {
  const { caller, ip, method, url, commandId, refusedAs } = request;
  return {
    at: isoNow(),
    who: caller?.name ?? null,
    role: caller?.kind === 'token' ? caller.role : null,
    from: ip,
    method,
    // Without the query: it never names what is commanded.
    path: boundedText(url.split('?')[0] ?? '', PATH_BYTES),
    ...subjectOf(request),
    requestId: commandId,
    status,
    code: refusedAs,
  };
}
