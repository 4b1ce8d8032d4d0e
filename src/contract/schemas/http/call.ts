/** The entry of the table for one call, and the headers and media types that calls share. */
import type { z } from 'zod';
import type { Role } from '../../caller/role';
import { requestId } from '../fields';

/** Who may make a call: any caller, tokens of this role and above, or operators and the agent in the path. */
export type Access = 'public' | Role | 'agent';

/**
 * How a call without a fleet in its path treats a token that is limited to some fleets:
 * `filtered` answers with its fleets only, `checked` looks at the fleets of the body, `own` concerns the
 * caller alone, `shared` is refused.
 */
export type Scope = 'filtered' | 'checked' | 'own' | 'shared';

/** One call. An absent `params`, `query`, `headers` or `body` means that it takes none. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The path with parameters in braces, as in OpenAPI. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** If the path has no fleet; `shared` unless given. */
  readonly scope?: Scope;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** The call's own headers. */
  readonly headers?: z.ZodType;
  readonly body?: z.ZodType;
  /** The body of a success. */
  readonly answer: z.ZodType;
  /** The answer is a stream of server-sent events; `answer` describes their data. */
  readonly stream?: true;
  /** The answer may also be a stream of server-sent events, whose data is `answer`. */
  readonly alsoStream?: true;
  /** The media type of a success; JSON by default. */
  readonly produces?: string;
  /** The media types of a body; JSON by default. */
  readonly consumes?: readonly string[];
  /** Whether the body may be missing. */
  readonly bodyOptional?: true;
  /** The statuses of a success, the usual one first; 200 by default. One of 204 has no body. */
  readonly statuses?: readonly [number, ...number[]];
  /** Statuses of errors beside those that follow from the other fields. */
  readonly problems?: readonly number[];
  /** Whether the call changes something, so that it takes an `Idempotency-Key`. */
  readonly keyed?: true;
  /** A HEAD request would have the effect of this GET, so the path does not take it. */
  readonly noHead?: true;
  /** The call has a limit of its own, so it does not count as one of its agent's calls a minute. */
  readonly uncounted?: true;
  /** The most bytes of a body; 1 MiB by default. */
  readonly bodyLimit?: number;
  /** Whether the route validates the body itself; the schema then only describes it. */
  readonly ownCheck?: true;
}

/** The media type of one JSON value per line. */
export const NDJSON = 'application/x-ndjson';

/**
 * The header with the id of the last event that a client received; browsers send it when they
 * reconnect.
 */
export const LAST_EVENT_ID = 'last-event-id';

/**
 * The header that makes a command safe to repeat: its value becomes the request id, or the run's
 * name.
 */
export const IDEMPOTENCY_KEY = { header: 'idempotency-key', schema: requestId.min(1) } as const;
